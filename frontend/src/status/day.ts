/** The last 24 hours as the charts draw them. Quarters of an hour without a check are none in the answer, and zero here. */

import type { Bar, ChartPoint } from "@/charts";
import type { QuarterWire } from "@/api/schema";
import { formatClock, formatCount } from "@/kit/format";

const MINUTE = 60_000;
const QUARTER = 15 * MINUTE;
const HOUR = 4 * QUARTER;

const floored = (at: number, step: number): number => Math.floor(at / step) * step;

export function verifiedAMinute(quarters: readonly QuarterWire[], at: Date): ChartPoint[] {
  const found = new Map(quarters.map((quarter) => [floored(Date.parse(quarter.at), QUARTER), quarter.verified]));
  const last = floored(at.getTime(), QUARTER);
  return Array.from({ length: 96 }, (_, index) => {
    const begin = last - (95 - index) * QUARTER;
    // The quarter that goes on is shared by the minutes that it has had.
    const minutes = index === 95 ? Math.max(1, (at.getTime() - begin) / MINUTE) : 15;
    return { at: new Date(begin).toISOString(), value: Math.round(((found.get(begin) ?? 0) / minutes) * 10) / 10 };
  });
}

export function outcomesAnHour(quarters: readonly QuarterWire[], at: Date): Bar[] {
  const last = floored(at.getTime(), HOUR);
  return Array.from({ length: 24 }, (_, index) => {
    const begin = last - (23 - index) * HOUR;
    const there = quarters.filter((quarter) => floored(Date.parse(quarter.at), HOUR) === begin);
    const sum = (of: (quarter: QuarterWire) => number): number => there.reduce((total, quarter) => total + of(quarter), 0);
    return {
      at: new Date(begin).toISOString(),
      parts: [
        { name: "verified", value: sum((quarter) => quarter.verified), look: "main" },
        { name: "healed", value: sum((quarter) => quarter.healed), look: "healed" },
        { name: "failed", value: sum((quarter) => quarter.failed), look: "failed" },
      ],
    };
  });
}

export const rate = (value: number): string => (value > 0 && value < 10 ? value.toFixed(1).replace(/\.0$/, "") : formatCount(Math.round(value)));

export function saidOfMinutes(points: readonly ChartPoint[]): string {
  const values = points.map((point) => point.value ?? 0);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  if (most === 0) return "Files verified a minute over the last 24 hours: none";
  const peak = points[values.indexOf(most)];
  return `Files verified a minute over the last 24 hours: between ${rate(least)} and ${rate(most)}, most at ${peak ? formatClock(new Date(peak.at)) : ""}, ${rate(values.at(-1) ?? 0)} now`;
}

export const saidOfHours = (day: { verified: number; healed: number; failed: number }): string =>
  `Outcomes an hour over the last 24 hours: ${formatCount(day.verified)} verified, ${formatCount(day.healed)} healed, ${formatCount(day.failed)} failed`;
