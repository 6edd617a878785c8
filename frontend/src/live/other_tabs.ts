/** What happens to the session in one tab concerns all of this browser. */

export type SessionWord = { kind: "signed-out" } | { kind: "signed-in"; user: string };

const NAME = "cairn-session";

export function tellOtherTabs(word: SessionWord): void {
  const channel = new BroadcastChannel(NAME);
  channel.postMessage(word);
  channel.close();
}

export function hearOtherTabs(listener: (word: SessionWord) => void, signal: AbortSignal): void {
  const channel = new BroadcastChannel(NAME);
  channel.addEventListener("message", (event: MessageEvent<SessionWord>) => listener(event.data), { signal });
  signal.addEventListener("abort", () => channel.close());
}
