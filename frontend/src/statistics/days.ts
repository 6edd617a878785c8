/** Days as the points of a chart: from the first that is known to today, gaps where the server did not look. */

import type { ChartPoint } from "@/charts";

const DAY = 86_400_000;

export interface DayFigures {
  day: string; // YYYY-MM-DD, UTC
  logical_bytes: number;
  version_bytes: number;
}

export function pointsOf(days: DayFigures[], figure: (day: DayFigures) => number): ChartPoint[] {
  const known = new Map(days.map((day) => [day.day, figure(day)]));
  const [first, last] = [days[0]?.day, days.at(-1)?.day];
  if (first === undefined || last === undefined) return [];
  const points: ChartPoint[] = [];
  for (let at = Date.parse(first); at <= Date.parse(last); at += DAY) {
    const day = new Date(at).toISOString().slice(0, 10);
    points.push({ at: `${day}T12:00:00Z`, value: known.get(day) ?? null });
  }
  return points;
}
