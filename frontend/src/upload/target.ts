/** Where uploads go: the folder that is on the screen. */

import { useLayoutEffect, useSyncExternalStore } from "react";
import type { Target } from "./job";

let target: Target | null = null;
const listeners = new Set<() => void>();

const aim = (next: Target | null): void => {
  target = next;
  for (const listener of listeners) listener();
};

/** Said by the view of a folder: files that are dropped, pasted or chosen go there; null where nobody may put any. */
export function useUploadTarget(wanted: Target | null): void {
  const bucket = wanted?.bucket;
  const prefix = wanted?.prefix;
  useLayoutEffect(() => {
    aim(bucket === undefined || prefix === undefined ? null : { bucket, prefix });
    return () => aim(null);
  }, [bucket, prefix]);
}

export const currentTarget = (): Target | null => target;

export const useCurrentTarget = (): Target | null =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => target,
  );
