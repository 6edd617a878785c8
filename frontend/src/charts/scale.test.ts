import { describe, expect, it } from "vitest";
import { formatTick, labelledPlaces, nearestPlace, runs, ticksUpTo, timeFormat } from "./scale";

describe("lines of an axis", () => {
  it.each([
    [0, [0, 1, 2, 3]], [1, [0, 1, 2, 3]], [3, [0, 1, 2, 3]], [4, [0, 2, 4, 6]], [445, [0, 150, 300, 450]],
    [18_400, [0, 8000, 16_000, 24_000]], [412e9, [0, 150e9, 300e9, 450e9]], [31, [0, 15, 30, 45]],
  ])("up to %d", (max, ticks) => expect(ticksUpTo(max)).toEqual(ticks));

  it("stand between whole numbers only where things can be parted", () => {
    expect(ticksUpTo(0.6, false)).toEqual([0, 0.2, 0.4, expect.closeTo(0.6)]);
    expect(ticksUpTo(4, false)).toEqual([0, 1.5, 3, 4.5]);
  });

  it("always reach the largest value and begin at zero", () => {
    for (let max = 1; max < 1e12; max = Math.ceil(max * 1.7)) {
      const [zero, , , top] = ticksUpTo(max);
      expect(zero).toBe(0);
      expect(top).toBeGreaterThanOrEqual(max);
      expect(top).toBeLessThanOrEqual(Math.max(6, max * 1.8));
    }
  });
});

it("no run leads across a gap", () => {
  const points = [1, null, 2, 3, null, null, 0].map((value, index) => ({ at: `${index}`, value }));
  expect(runs(points)).toEqual([[0], [2, 3], [6]]);
});

it("labels fit, and the last place has one", () => {
  expect(labelledPlaces(24, 700, 100)).toEqual([3, 7, 11, 15, 19, 23]);
  expect(labelledPlaces(3, 10, 100)).toEqual([2]);
  expect(labelledPlaces(0, 100, 50)).toEqual([]);
});

it("the nearest place is read", () => expect([-5, 12, 16, 99].map((x) => nearestPlace([0, 10, 20, 30], x))).toEqual([0, 1, 2, 3]));

it("times are as short as their axis allows", () => {
  const first = new Date(2026, 0, 31, 14, 5);
  const after = (days: number) => new Date(first.getTime() + days * 86_400_000);
  expect(timeFormat(first, after(1))(first)).toBe("14:05");
  expect(timeFormat(first, after(30))(first)).toMatch(/31/);
  expect(timeFormat(first, after(300))(first)).toBe("Jan");
});

it("counts on an axis are short, and in one unit", () => {
  expect([900, 9000, 10_000, 2_500_000].map((value) => formatTick(value))).toEqual(["900", "9,000", "10k", "2.5M"]);
  expect([6000, 12_000, 18_000].map((value) => formatTick(value, 18_000))).toEqual(["6k", "12k", "18k"]);
});
