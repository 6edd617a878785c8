import { useSyncExternalStore } from "react";

export interface Toast {
  text: string;
  name?: string | undefined; // of a file, shown as names are
  into?: string | undefined; // "to" which folder, likewise
  undo?: (() => Promise<void> | void) | undefined;
}

interface Shown extends Toast {
  id: number;
}

const UNDO_KEPT_MILLISECONDS = 5 * 60_000;

let shown: Shown | null = null;
let undoable: { at: number; undo: () => Promise<void> | void } | null = null;
let count = 0;
const underWay = new Set<Promise<boolean>>();
const listeners = new Set<() => void>();

const changed = (next: Shown | null): void => {
  shown = next;
  for (const listener of listeners) listener();
};

/** One toast at a time, the newest wins; what it did can be undone by Ctrl Z for five minutes. */
export function showToast(toast: Toast): void {
  count += 1;
  undoable = toast.undo ? { at: Date.now(), undo: toast.undo } : null;
  changed({ ...toast, id: count });
}

export const closeToast = (): void => changed(null);

/** Until `act`, which resolves to whether it was done, has come to its end, to undo means to undo it. */
export function acting(act: Promise<boolean>): Promise<boolean> {
  underWay.add(act);
  void act.finally(() => underWay.delete(act));
  return act;
}

/** Undo the newest act that can be undone, as soon as it is done; false if there is none. */
export function undoNewest(): boolean {
  const latest = [...underWay].at(-1);
  if (latest) {
    void latest.then((isDone) => isDone && undoNewest());
    return true;
  }
  const newest = undoable;
  if (!newest || Date.now() - newest.at > UNDO_KEPT_MILLISECONDS) return false;
  undoable = null;
  closeToast();
  void newest.undo();
  return true;
}

export const useToast = (): Shown | null =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => shown,
  );
