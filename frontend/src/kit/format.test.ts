import { describe, expect, it } from "vitest";
import { formatBytes, formatPercent, formatShareOfBytes, formatTimeLeft, formatWhen } from "./format";

describe("sizes", () => {
  it.each([
    [0, "0 bytes"], [1, "1 byte"], [999, "999 bytes"], [1000, "1 kB"], [14_300, "14 kB"], [8_400_000, "8.4 MB"],
    [99_940_000, "99.9 MB"], [149_000_000, "149 MB"], [1_048_576, "1.0 MB"], [1_800_000_000, "1.8 GB"], [999_999_999, "1.0 GB"],
  ])("%d is %s", (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  it("share the unit of the whole", () => expect(formatShareOfBytes(1_100_000_000, 1_800_000_000)).toBe("1.1 of 1.8 GB"));
});

it("says 100% only when it is done", () => {
  expect([0.9999, 1].map(formatPercent)).toEqual(["99%", "100%"]);
});

it.each([[4, "about 4 seconds left"], [42, "about 40 seconds left"], [170, "about 3 minutes left"], [90_000, "more than a day left"]])(
  "%d seconds are %s",
  (seconds, text) => expect(formatTimeLeft(seconds)).toBe(text),
);

describe("dates", () => {
  const now = new Date(2026, 10, 21, 14, 6);
  it.each([
    [new Date(2026, 10, 21, 14, 5, 30), "now"],
    [new Date(2026, 10, 21, 14, 2), "4 minutes ago"],
    [new Date(2026, 10, 21, 9, 2), "Today, 09:02"],
    [new Date(2026, 10, 20, 18, 12), "Yesterday, 18:12"],
    [new Date(2026, 10, 18, 16, 20), "18 Nov, 16:20"],
    [new Date(2024, 10, 18, 16, 20), "18 Nov 2024"],
  ])("%s", (date, text) => expect(formatWhen(date, now)).toBe(text));
});
