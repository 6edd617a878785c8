/** Where things stand in a chart: zero-based values with three lines above zero, times from left to right, gaps where nothing is known. */

export interface ChartPoint {
  at: string; // RFC 3339
  value: number | null; // null: not known, drawn as a gap
}

const STEPS = [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10];
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Zero and three even steps that reach `max`; of `whole` things no line stands between two numbers. */
export function ticksUpTo(max: number, whole = true): [number, number, number, number] {
  const least = Math.max(max, 0) / 3;
  const power = 10 ** Math.floor(Math.log10(least > 0 ? least : 1));
  const step = STEPS.map((factor) => factor * power).find((one) => one >= least * (1 - 1e-9) && (!whole || Number.isInteger(one)));
  const even = whole ? Math.max(1, Math.ceil(step ?? least)) : (step ?? least);
  return [0, even, 2 * even, 3 * even];
}

/** The largest known value; 0 where there is none. */
export const largest = (...series: ChartPoint[][]): number =>
  series.flat().reduce((most, { value }) => (value !== null && value > most ? value : most), 0);

/** Runs of neighbours whose value is known, as indices: no line leads across a gap. */
export function runs(points: ChartPoint[]): number[][] {
  const found: number[][] = [];
  points.forEach((point, index) => {
    if (point.value === null) return;
    const last = found.at(-1);
    if (last?.at(-1) === index - 1) last.push(index);
    else found.push([index]);
  });
  return found;
}

/** Which of `count` places along `room` pixels have their time below: evenly spaced, the last among them. */
export function labelledPlaces(count: number, room: number, labelWidth: number): number[] {
  const most = Math.max(1, Math.floor(room / labelWidth));
  const step = Math.max(1, Math.ceil(count / most));
  const places: number[] = [];
  for (let index = count - 1; index >= 0; index -= step) places.unshift(index);
  return places;
}

export function nearestPlace(places: number[], x: number): number {
  let best = 0;
  places.forEach((place, index) => {
    if (Math.abs(place - x) < Math.abs((places[best] ?? place) - x)) best = index;
  });
  return best;
}

/** Times of an axis as short as its length allows: hours, days or months. */
export function timeFormat(first: Date, last: Date): (at: Date) => string {
  const length = last.getTime() - first.getTime();
  const options: Intl.DateTimeFormatOptions =
    length <= 2 * DAY
      ? { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }
      : length <= 90 * DAY
        ? { day: "numeric", month: "short" }
        : { month: "short", ...(length > 366 * DAY ? { year: "2-digit" } : {}) };
  const format = new Intl.DateTimeFormat(undefined, options);
  return (at) => format.format(at);
}

/** A count on an axis that reaches `top`: 10k, 2.5M; all of an axis in one unit. */
export function formatTick(value: number, top = value): string {
  const [divisor, unit] = top >= 1_000_000 ? [1_000_000, "M"] : top >= 10_000 ? [1000, "k"] : [1, ""];
  return `${new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 }).format(value / divisor)}${unit}`;
}
