import { reach } from "@/api/client";
import { ApiProblem, problemOf } from "@/api/problems";
import { type Hint, hintOf } from "./hints";
import { messagesOf } from "./messages";

const SILENT_MILLISECONDS = 40_000; // the server sends a comment every 15 seconds
const FIRST_WAIT_MILLISECONDS = 500;
const LONGEST_WAIT_MILLISECONDS = 5000;

export interface StreamListener {
  onHint: (hint: Hint) => void;
  onBytes: () => void; // also for comments: the server is there
  onLost: (problem: ApiProblem | null) => void; // null: the server ended it by itself
}

/** Reads the stream of hints until `signal` is aborted, and opens it again, after a wait that grows, whenever it ends. */
export async function keepReading(signal: AbortSignal, listener: StreamListener): Promise<void> {
  let failures = 0;
  for (;;) {
    const problem = await readOnce(signal, {
      ...listener,
      onBytes: () => {
        failures = 0;
        listener.onBytes();
      },
    });
    if (signal.aborted) return;
    listener.onLost(problem);
    await rest(waitAfter(failures), signal);
    failures += 1;
  }
}

/** With jitter: a thousand pages must not come back in the same moment. */
export const waitAfter = (failures: number, random: () => number = Math.random): number =>
  Math.min(LONGEST_WAIT_MILLISECONDS, FIRST_WAIT_MILLISECONDS * 2 ** failures) * (0.5 + random());

async function readOnce(signal: AbortSignal, { onHint, onBytes }: StreamListener): Promise<ApiProblem | null> {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), SILENT_MILLISECONDS);
  // What comes after the network has gone may come over nothing: a new connection shows whether there is a way.
  window.addEventListener("offline", () => silence.abort(), { signal: silence.signal });
  try {
    const answer = await reach("/api/v1/events", { headers: { Accept: "text/event-stream" }, cache: "no-store", signal: AbortSignal.any([signal, silence.signal]) });
    if (!answer.ok) return await problemOf(answer);
    if (!answer.body) return null;
    const heard = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENT_MILLISECONDS);
      onBytes();
    };
    for await (const text of messagesOf(answer.body, heard)) {
      const hint = hintOf(text);
      if (hint) onHint(hint);
    }
    return null;
  } catch (error) {
    return error instanceof ApiProblem ? error : unreachable();
  } finally {
    clearTimeout(timer);
    silence.abort();
  }
}

const unreachable = (): ApiProblem => new ApiProblem({ status: 0, type: "urn:cairn:problem:unreachable", title: "The server cannot be reached" });

/** Ends early when the network comes back, somebody looks at the page, or it is over. */
function rest(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const over = new AbortController();
    const end = (): void => {
      clearTimeout(timer);
      over.abort();
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal.addEventListener("abort", end, { signal: over.signal });
    window.addEventListener("online", end, { signal: over.signal });
    document.addEventListener("visibilitychange", end, { signal: over.signal });
  });
}
