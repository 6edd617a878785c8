/** The file that is there has parts that are damaged or missing, and here are its bytes: what the server lacks of them is sent again. */

import type { Block } from "./frames";
import { type Life, persistently } from "./retry";
import type { FileTask } from "./task";
import * as wire from "./wire";

/** Those of `tasks`, whose bytes are there already, for which it could be of use to send them: known not to be whole, or parts are wanted. */
export async function healable(tasks: FileTask[], signal: AbortSignal): Promise<FileTask[]> {
  const harmed = tasks.filter(({ existing }) => existing?.sync_status === "failed");
  if (harmed.length === tasks.length) return harmed;
  // Where it cannot be asked now, nothing is lost: the files stand as they stood.
  return (await wire.isAnythingWanted(signal).catch(() => false)) ? tasks : harmed;
}

export type Send = (upload: string, blocks: Block[]) => Promise<void>;

/**
 * Send those of `blocks` that the server lacks to an upload that publishes nothing: no version is made of it, and what arrived
 * stays with the files that use it. Whether there were any.
 */
export async function heal(blocks: Block[], frameBytes: () => number, life: Life, send: Send): Promise<boolean> {
  const upload = await persistently(life, () => wire.openBatch(life.signal));
  const missing = new Set<string>();
  for (let first = 0; first < blocks.length; first += wire.PAGE_CHUNKS) {
    const page = blocks.slice(first, first + wire.PAGE_CHUNKS).map(({ id, size }) => ({ id, size }));
    for (const id of await persistently(life, () => wire.plan(upload, first, page, life.signal))) missing.add(id);
  }
  const isWanted = missing.size > 0;
  for (const frame of framesOf(blocks.filter(({ id }) => missing.delete(id)), frameBytes)) await send(upload, frame);
  await persistently(life, () => wire.abort(upload));
  return isWanted;
}

/** In order, at most `frameBytes()` in each but at least one block. */
export function* framesOf(blocks: Iterable<Block>, frameBytes: () => number): Generator<Block[]> {
  let [frame, bytes]: [Block[], number] = [[], 0];
  for (const block of blocks) {
    if (frame.length > 0 && bytes + block.size > frameBytes()) {
      yield frame;
      [frame, bytes] = [[], 0];
    }
    frame.push(block);
    bytes += block.size;
  }
  if (frame.length > 0) yield frame;
}
