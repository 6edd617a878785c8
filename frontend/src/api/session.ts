/** Whether this browser's session is good. What is refused after it has ended waits here until somebody has signed in again. */

import { useSyncExternalStore } from "react";

/** `none`: nobody has signed in as far as this page knows: the gate is for that. */
export type SessionState = "none" | "good" | "ended";

let state: SessionState = "none";
let number = 0;
const listeners = new Set<() => void>();

function become(next: SessionState): void {
  if (state === next) return;
  state = next;
  number += 1;
  for (const listener of [...listeners]) listener();
}

export const sessionIsGood = (): void => become("good");

/** Told by every answer of 401 to what was asked in session `asked`: another one may have begun since. */
export const sessionHasEnded = (asked: number): void => {
  if (state === "good" && asked === number) become("ended");
};

/** Signed out on purpose: nothing waits any more. */
export const sessionIsOver = (): void => become("none");

/** Which session of this page it is. */
export const sessionNumber = (): number => number;

export const sessionState = (): SessionState => state;

export function onSession(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const useSession = (): SessionState => useSyncExternalStore(onSession, sessionState);

/** Resolves to whether it is good, once it no longer is `ended`. Rejects when `signal` is aborted. */
export function sessionRenewed(signal?: AbortSignal | null): Promise<boolean> {
  if (state !== "ended") return Promise.resolve(state === "good");
  return new Promise((resolve, reject) => {
    const leave = onSession(() => {
      leave();
      resolve(state === "good");
    });
    signal?.addEventListener("abort", () => {
      leave();
      reject(new DOMException("No longer wanted", "AbortError"));
    });
  });
}
