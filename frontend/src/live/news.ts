import { useSyncExternalStore } from "react";
import type { ChangeWire } from "@/api/schema";

type ChangesListener = (changes: readonly ChangeWire[]) => void;

const listeners = new Set<ChangesListener>();

/** Told of changes as the journals have them, just before what shows them is loaded again. Returns what ends it. */
export function onChanges(listener: ChangesListener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const tellChanges = (changes: readonly ChangeWire[]): void => {
  if (changes.length > 0) for (const listener of [...listeners]) listener(changes);
};

let holds = 0;
let waiting = 0;
const watchers = new Set<() => void>();

const changed = (): void => {
  for (const watcher of [...watchers]) watcher();
};

export const isHeld = (): boolean => holds > 0;

/** How many changes wait because nothing may move now. */
export function changesWait(count: number): void {
  waiting = count;
  changed();
}

/** While a pointer is down, a menu open or a rename runs nothing moves: changes wait until what is returned is called. */
export function holdChanges(): () => void {
  holds += 1;
  let isOver = false;
  return () => {
    if (isOver) return;
    isOver = true;
    holds -= 1;
    changed();
  };
}

export function watchHolds(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

export const useWaitingChanges = (): number => useSyncExternalStore(watchHolds, () => waiting);
