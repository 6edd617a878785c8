import { useSyncExternalStore } from "react";
import { onSession, sessionState } from "@/api/session";

// Somebody may want to read what is on the page before they sign in again.
let isPutOff = false;
const listeners = new Set<() => void>();

const changed = (): void => {
  for (const listener of [...listeners]) listener();
};

onSession(() => {
  isPutOff = false;
  changed();
});

export type Asking = "not" | "dialog" | "banner";

const asking = (): Asking => {
  if (sessionState() !== "ended") return "not";
  return isPutOff ? "banner" : "dialog";
};

/** Whether somebody must sign in again, and how the page says so. */
export const useAsking = (): Asking =>
  useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, asking);

/** True: a banner says it; false: the dialog does. */
export function putOff(isSo: boolean): void {
  isPutOff = isSo;
  changed();
}
