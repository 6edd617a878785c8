import type { Channel, Elect, Word } from "./tab";

const NAME = "cairn-live";

/** The tab that holds the lock leads; when it goes, the next one gets it. On plain http there are no locks: each tab then leads itself. */
export const electByLock: Elect = (signal, lead) => {
  // The DOM's types promise locks everywhere; a page on plain http has none.
  const locks = (navigator as Partial<Pick<Navigator, "locks">>).locks;
  if (!locks) void lead();
  else locks.request(NAME, { signal }, lead).catch(ignoreAbort);
};

export function openChannel(): Channel {
  const channel = new BroadcastChannel(NAME);
  return {
    post: (word) => channel.postMessage(word),
    listen: (listener, signal) => {
      channel.addEventListener("message", (event: MessageEvent<Word>) => listener(event.data), { signal });
      signal.addEventListener("abort", () => channel.close());
    },
  };
}

const ignoreAbort = (error: unknown): void => {
  if (!(error instanceof DOMException && error.name === "AbortError")) throw error;
};
