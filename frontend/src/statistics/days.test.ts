import { expect, it } from "vitest";
import { pointsOf } from "./days";

const day = (at: string, bytes: number) => ({ day: at, logical_bytes: bytes, version_bytes: 2 * bytes });

it("days without figures are gaps, over the end of a month and a change of clocks too", () => {
  const points = pointsOf([day("2026-10-24", 1), day("2026-10-26", 3), day("2026-11-01", 4)], (one) => one.logical_bytes);
  expect(points.map((point) => point.value)).toEqual([1, null, 3, null, null, null, null, null, 4]);
  expect(points[8]?.at.slice(0, 10)).toBe("2026-11-01");
});

it("of no days there are no points", () => expect(pointsOf([], () => 0)).toEqual([]));
