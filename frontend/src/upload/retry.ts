/** Patience with the network and the server: what passes by itself is tried again, for as long as it takes. */

import { ApiProblem } from "@/api/problems";

const FIRST_MILLISECONDS = 500;
const LONGEST_MILLISECONDS = 30_000;

/** What one upload knows of its connection while it goes on. */
export interface Life {
  signal: AbortSignal;
  /** The time of the next try while it waits, null when it goes on. */
  waits: (until: number | null) => void;
}

/** The outcome of `act`, tried again after faults that pass. Raises what does not pass, and AbortError. */
export async function persistently<T>(life: Life, act: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    life.signal.throwIfAborted();
    try {
      return await act();
    } catch (error) {
      life.signal.throwIfAborted();
      if (!(error instanceof ApiProblem) || !passes(error)) throw error;
      const delay = delayOf(error, tries);
      life.waits(Date.now() + delay);
      await pause(delay, life.signal);
      life.waits(null);
    }
  }
}

/** Signing in again (401) helps too, and a body that came too slowly (408) may be quicker; the server's own faults are hoped to pass. */
const passes = (problem: ApiProblem): boolean => problem.isPassing || [401, 408, 500].includes(problem.status);

/** Twice as long each time, and never all clients at the same moment. */
function delayOf(problem: ApiProblem, tries: number): number {
  if (problem.retryAfterSeconds !== null) return problem.retryAfterSeconds * 1000 + Math.random() * 1000;
  return Math.min(LONGEST_MILLISECONDS, FIRST_MILLISECONDS * 2 ** tries) * (0.5 + Math.random() / 2);
}

/** Ends early when the network comes back. Raises AbortError. */
function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer);
      removeEventListener("online", end);
      signal.removeEventListener("abort", end);
      if (signal.aborted) reject(signal.reason as Error);
      else resolve();
    };
    const timer = setTimeout(end, milliseconds);
    addEventListener("online", end);
    signal.addEventListener("abort", end);
  });
}

export const isAbort = (error: unknown): boolean => error instanceof DOMException && error.name === "AbortError";
