/** Other tabs of this browser: what runs in one of them is not offered again in another. */

const ANSWER_MILLISECONDS = 150;

type Word = { kind: "ask" } | { kind: "running"; ids: string[] };

let channel: BroadcastChannel | null = null;

/** The uploads that run in other tabs; from now on this one answers such questions too, with `own`. */
export async function runningElsewhere(own: () => string[]): Promise<Set<string>> {
  const found = new Set<string>();
  if (!("BroadcastChannel" in globalThis)) return found;
  channel?.close();
  const opened = new BroadcastChannel("cairn-uploads");
  channel = opened;
  opened.onmessage = ({ data }: MessageEvent<Word>) => {
    if (data.kind === "ask") opened.postMessage({ kind: "running", ids: own() } satisfies Word);
    else for (const id of data.ids) found.add(id);
  };
  opened.postMessage({ kind: "ask" } satisfies Word);
  await new Promise((resolve) => setTimeout(resolve, ANSWER_MILLISECONDS));
  return found;
}
