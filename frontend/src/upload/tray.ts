/** What the tray shows, as of now. */

import { counted, formatPercent, formatShareOfBytes, formatSpeed, formatTimeLeft } from "@/kit/format";
import type { Engine } from "./engine";
import type { Job } from "./job";
import type { Pace } from "./pace";
import { type Facts, lineOf, type Look, STALLED } from "./words";

const SHOWN = 5;
const STALLED_MILLISECONDS = 5_000;

export interface Row {
  job: Job;
  line: string;
  look: Look;
  share: number | null; // of its bar, if it has one
  isHeld: boolean;
  canPause: boolean;
  canResume: boolean;
  canRetry: boolean;
  canCancel: boolean;
}

export interface Tray {
  rows: Row[];
  more: number; // that are not shown, and wait
  title: string;
  isMany: boolean; // two or more that can be acted on together
  share: number;
  progress: string;
  pace: string;
  isActive: boolean;
  isAllPaused: boolean;
  hasFailed: boolean;
  count: number;
}

export function trayOf(engine: Engine, pace: Pace, now: number): Tray {
  const { jobs } = engine;
  const running = jobs.filter(({ isWithoutFile }) => !isWithoutFile);
  const active = running.filter(({ isActive }) => isActive);
  const moving = active.filter(({ isPaused }) => !isPaused);
  const isStalled = moving.length > 0 && now - engine.lastMove > STALLED_MILLISECONDS;
  const shown = shownOf(jobs);
  const size = total(running, ({ size: bytes }) => bytes);
  const stored = total(running, ({ stored: bytes }) => bytes);
  return {
    rows: shown.map((job) => rowOf(job, job.facts(isStalled), now)),
    more: jobs.filter((job) => !shown.includes(job) && !job.hasEnded).length,
    title: titleOf(running, active),
    isMany: active.length > 1,
    share: size ? stored / size : active.length ? 0 : 1,
    progress: size ? formatShareOfBytes(stored, size) : "",
    pace: paceOf(pace, size - stored, isStalled, moving.length),
    isActive: active.length > 0,
    isAllPaused: active.length > 0 && moving.length === 0,
    hasFailed: running.some(({ hasFailed }) => hasFailed),
    count: jobs.length,
  };
}

/** Those that are under way, held or failed, what was begun before a reload last of them, then what has just ended; in the order in which they came. */
function shownOf(jobs: Job[]): Job[] {
  const isWaiting = (job: Job): boolean => job.isActive && !job.isPaused && !job.isReading && job.tasks.length > 0 && job.tasks.every(({ state }) => state === "waiting");
  const open = jobs.filter((job) => (!job.hasEnded || job.hasFailed) && !isWaiting(job)).sort((one, other) => Number(one.isWithoutFile) - Number(other.isWithoutFile)).slice(0, SHOWN);
  const ended = jobs.filter((job) => job.hasEnded && !job.hasFailed);
  const waiting = jobs.filter(isWaiting);
  const chosen = new Set([...open, ...ended.slice(-Math.max(0, SHOWN - open.length) || jobs.length), ...waiting].slice(0, SHOWN));
  return jobs.filter((job) => chosen.has(job));
}

function rowOf(job: Job, facts: Facts, now: number): Row {
  const { text, look } = lineOf(facts, now);
  const isKept = facts.keptShare !== null;
  const share = isKept ? facts.keptShare : facts.size ? facts.stored / facts.size : facts.files ? facts.ended / facts.files : 0;
  const hasBar = isKept || (job.isActive && job.problem === null);
  return {
    job,
    line: text,
    look,
    share: hasBar ? share : null,
    isHeld: job.isPaused || isKept,
    canPause: job.isActive && !job.isPaused && job.problem === null,
    canResume: (job.isActive && job.isPaused) || isKept,
    canRetry: job.hasEnded && job.hasFailed,
    canCancel: !job.hasEnded || job.hasFailed,
  };
}

function titleOf(running: Job[], active: Job[]): string {
  const files = total(running, (job) => Math.max(job.tasks.length, job.foundFiles, 1));
  if (running.length === 0) return "Not finished";
  if (active.length) return active.every(({ isPaused }) => isPaused) ? "Paused" : `Uploading ${counted(files, "file")}`;
  const failed = total(running, (job) => job.tasks.filter(({ state }) => state === "failed").length + (job.problem === null ? 0 : 1));
  return failed ? `${counted(failed, "file")} of ${counted(files, "file").split(" ")[0] ?? ""} failed` : `Uploaded ${counted(files, "file")}`;
}

function paceOf(pace: Pace, rest: number, isStalled: boolean, moving: number): string {
  if (moving === 0) return "";
  if (isStalled) return STALLED;
  const [speed, seconds] = [pace.speed(), pace.secondsFor(rest)];
  const said = [speed ? formatSpeed(speed) : "", seconds === null ? "" : formatTimeLeft(seconds)];
  return said.filter(Boolean).join(" · ");
}

export const percentOf = (tray: Tray): string => formatPercent(tray.isActive ? Math.min(tray.share, 0.99) : tray.share);

const total = <T>(things: T[], of: (thing: T) => number): number => things.reduce((sum, thing) => sum + of(thing), 0);
