/** Sizes, counts, dates and ages as people read them, in the reader's locale and zone. Sizes are decimal: 1 MB is 1,000,000 bytes. */

const UNITS = ["bytes", "kB", "MB", "GB", "TB", "PB", "EB"] as const;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

// Making one takes as long as formatting hundreds of values with it: each is made once, when it is first needed.
const whole = once(() => new Intl.NumberFormat());
const withOneDecimal = once(() => new Intl.NumberFormat(undefined, { minimumFractionDigits: 1, maximumFractionDigits: 1 }));
const withoutDecimals = once(() => new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 }));
const clock = once(() => new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }));
const months = once(() => new Intl.DateTimeFormat(undefined, { month: "short" }));
const full = once(() => new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" }));

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

export const formatCount = (count: number): string => whole().format(count);

/** "3 files": `one` and `many` are the words for one and for several. */
export const counted = (count: number, one: string, many = `${one}s`): string => `${whole().format(count)} ${count === 1 ? one : many}`;

/** Bytes and kB whole; from MB on one decimal below 100, none above. */
export function formatBytes(bytes: number): string {
  const [value, unit] = scaled(bytes, "standing");
  return `${value} ${unit}`;
}

export const formatExactBytes = (bytes: number): string => counted(bytes, "byte");

/** "1.1 of 1.8 GB", "284 of 912 MB": both in the unit of the whole. */
export function formatShareOfBytes(done: number, total: number): string {
  const unit = unitOf(total);
  const one = (bytes: number): string => digits(bytes / 1000 ** unit, unit, "running");
  return `${one(done)} of ${one(total)} ${UNITS[unit] ?? ""}`;
}

/** A value that runs: whole from 10 on. */
export function formatSpeed(bytesPerSecond: number): string {
  const [value, unit] = scaled(bytesPerSecond, "running");
  return `${value} ${unit}/s`;
}

/** Whole; 100% only when it is done, 99% until then. */
export function formatPercent(share: number): string {
  const percent = share >= 1 ? 100 : Math.min(99, Math.floor(share * 100));
  return `${percent}%`;
}

/** How long is left, rounded as one says it. */
export function formatTimeLeft(seconds: number): string {
  if (seconds > 86_400) return "more than a day left";
  if (seconds > 5_400) return `about ${counted(Math.round(seconds / 3600), "hour")} left`;
  if (seconds > 90) return `about ${counted(Math.round(seconds / 60), "minute")} left`;
  const rounded = seconds < 10 ? Math.max(1, Math.round(seconds)) : Math.round(seconds / 10) * 10;
  return `about ${counted(rounded, "second")} left`;
}

/** "4 minutes": how long something lasts or is ago, in words. */
export function formatAge(milliseconds: number): string {
  if (milliseconds < MINUTE) return counted(Math.max(1, Math.round(milliseconds / 1000)), "second");
  if (milliseconds < HOUR) return counted(Math.floor(milliseconds / MINUTE), "minute");
  if (milliseconds < 2 * DAY) return counted(Math.floor(milliseconds / HOUR), "hour");
  return counted(Math.floor(milliseconds / DAY), "day");
}

/** "now", "4 minutes ago", "Today, 14:02", "Yesterday, 18:12", "18 Nov, 16:20", other years "18 Nov 2024". */
export function formatWhen(date: Date, now: Date): string {
  const age = now.getTime() - date.getTime();
  if (age >= 0 && age < MINUTE) return "now";
  if (age >= 0 && age < HOUR) return `${formatAge(age)} ago`;
  const days = daysBetween(date, now);
  if (days === 0) return `Today, ${formatClock(date)}`;
  if (days === 1) return `Yesterday, ${formatClock(date)}`;
  return date.getFullYear() === now.getFullYear() ? `${formatDay(date, now)}, ${formatClock(date)}` : formatDay(date, now);
}

/** The time if it is today, else the day: beside a status. */
export const formatShortWhen = (date: Date, now: Date): string =>
  daysBetween(date, now) === 0 ? formatClock(date) : formatDay(date, now);

/** A moment that is told apart from others, which "4 minutes ago" does not do in a sentence that stays: 14:02, else the day too. */
export const formatMoment = (date: Date, now: Date): string => {
  const [day, clock] = [formatDay(date, now), formatClock(date)];
  return daysBetween(date, now) === 0 ? clock : `${day}, ${clock}`;
};

export const formatClock = (date: Date): string => clock().format(date);

export function formatDay(date: Date, now: Date): string {
  const day = `${date.getDate()} ${months().format(date)}`;
  return date.getFullYear() === now.getFullYear() ? day : `${day} ${date.getFullYear()}`;
}

/** The whole stamp with its zone: for tooltips. */
export const formatFull = (date: Date): string => full().format(date);

function daysBetween(date: Date, now: Date): number {
  const midnight = (of: Date): number => Date.UTC(of.getFullYear(), of.getMonth(), of.getDate());
  return Math.round((midnight(now) - midnight(date)) / DAY);
}

function unitOf(bytes: number): number {
  let unit = 0;
  for (let rest = bytes; rest >= 999.5 && unit < UNITS.length - 1; unit += 1) rest /= 1000;
  return unit;
}

function digits(value: number, unit: number, style: "standing" | "running" = "standing"): string {
  const isFine = unit >= 2 && value < (style === "running" ? 9.95 : 99.95);
  return (isFine ? withOneDecimal : withoutDecimals)().format(value);
}

function scaled(bytes: number, style: "standing" | "running"): [string, string] {
  const unit = unitOf(bytes);
  if (unit === 0) return [formatCount(Math.round(bytes)), Math.round(bytes) === 1 ? "byte" : "bytes"];
  return [digits(bytes / 1000 ** unit, unit, style), UNITS[unit] ?? ""];
}
