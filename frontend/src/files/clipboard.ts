/** What was cut by Ctrl X and waits for a place. It goes with the reader from folder to folder. */

import { useSyncExternalStore } from "react";
import type { BucketWire } from "@/api/schema";
import type { Row } from "./rows";

export interface Cut {
  bucket: BucketWire;
  rows: readonly Row[];
}

let held: Cut | null = null;
const listeners = new Set<() => void>();

export function cut(next: Cut | null): void {
  held = next;
  for (const listener of listeners) listener();
}

export const useCut = (): Cut | null =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => held,
  );
