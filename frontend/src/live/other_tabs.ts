/** What happens to the session in one tab concerns all of this browser. */

export type SessionWord = { kind: "signed-out" } | { kind: "signed-in"; user: string };

const NAME = "cairn-session";

// One for telling and hearing: what a page says through another one it would hear itself, as if another tab had said it.
let opened: BroadcastChannel | undefined;
const channel = (): BroadcastChannel => (opened ??= new BroadcastChannel(NAME));

export const tellOtherTabs = (word: SessionWord): void => channel().postMessage(word);

export function hearOtherTabs(listener: (word: SessionWord) => void, signal: AbortSignal): void {
  channel().addEventListener("message", (event: MessageEvent<SessionWord>) => listener(event.data), { signal });
}
