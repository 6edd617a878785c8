import { useSyncExternalStore } from "react";

// One clock for all ages on the page: they tick together, once a minute, not more.
let now = new Date();
const listeners = new Set<() => void>();
setInterval(() => {
  now = new Date();
  for (const listener of listeners) listener();
}, 60_000);

const subscribe = (listener: () => void): (() => void) => {
  if (listeners.size === 0) now = new Date();
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** The time, as of the last whole tick. */
export const useNow = (): Date => useSyncExternalStore(subscribe, () => now);
