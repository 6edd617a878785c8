/** The page's one engine, and its state as components read it: told at most four times a second. */

import { useSyncExternalStore } from "react";
import { Engine } from "./engine";
import { Hashers } from "./hashers";
import { Pace } from "./pace";
import type { Question } from "./questions";
import { type Tray, trayOf } from "./tray";

const TICK_MILLISECONDS = 250;

export const engine = new Engine(new Hashers());

export interface Shown {
  tray: Tray;
  question: Question | null;
  others: number;
}

const pace = new Pace();
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setTimeout> | null = null;
let shownAt = 0;
let shown = look();

function look(): Shown {
  return { tray: trayOf(engine, pace, Date.now()), question: engine.questions.current, others: engine.questions.others };
}

/** Something has changed: show it soon. */
export function changed(): void {
  timer ??= setTimeout(show, Math.max(0, shownAt + TICK_MILLISECONDS - Date.now()));
}

/** Somebody has done something, and wants to see it at once. */
export function show(): void {
  if (timer !== null) clearTimeout(timer);
  timer = null;
  shownAt = Date.now();
  sample(shownAt);
  shown = look();
  for (const listener of listeners) listener();
  if (shown.tray.isActive) {
    void engine.note(shownAt);
    timer = setTimeout(show, TICK_MILLISECONDS);
  }
}

let wasStored = 0;

function sample(at: number): void {
  const moving = engine.jobs.filter((job) => job.isActive && !job.isPaused);
  const stored = engine.jobs.reduce((sum, job) => sum + (job.isWithoutFile ? 0 : job.stored), 0);
  if (moving.length === 0) {
    pace.rest();
    engine.lastMove = at;
  } else pace.add(at, engine.moved, stored);
  // Whoever reads what is there already, or answers questions, does not wait for the network.
  if (stored !== wasStored || moving.every((job) => job.isReading || job.tasks.some(({ state }) => state === "asking"))) engine.lastMove = at;
  wasStored = stored;
}

/** How many uploads have not come to their end: running, held, or waiting for their file to be chosen again. */
export const unfinished = (): number => engine.jobs.filter(({ hasEnded }) => !hasEnded).length;

export const useUploads = (): Shown =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => shown,
  );
