/** Many small files: read whole, sent in shared bodies, published up to 1,000 at once. */

import { type ApiProblem, isProblem } from "@/api/problems";
import type { BucketWire } from "@/api/schema";
import { type Block, frameOf, sendFrame } from "./frames";
import { framesOf, healable } from "./healing";
import type { Tools } from "./large";
import type { WholeFile } from "./reading";
import { type Life, persistently } from "./retry";
import { hexOf, sha256Of } from "./sha256";
import { type FileTask, modifiedAt } from "./task";
import * as wire from "./wire";

const TURNS = 8;

export type BatchOutcome = "stored" | "same" | "healed" | "contested" | "changed" | Conflict | ApiProblem;

/** What the server says against one operation of a batch. */
export class Conflict {
  constructor(
    readonly slug: string,
    readonly detail: string,
  ) {}
}

interface Ready {
  task: FileTask;
  chunks: wire.Chunk[];
  bytes: Uint8Array<ArrayBuffer>;
  operation: wire.Operation;
}

/** Publish `tasks` and `folders` of one bucket; what became of each task. Raises what meets all of them. */
export const sendBatch = (bucket: BucketWire, tasks: FileTask[], folders: string[], life: Life, tools: Tools): Promise<Map<FileTask, BatchOutcome>> =>
  new Batch(bucket, life, tools).publish(tasks, folders);

class Batch {
  private readonly outcomes = new Map<FileTask, BatchOutcome>();
  private readonly blocks = new Map<string, { block: Block; task: FileTask }>();

  constructor(
    private readonly bucket: BucketWire,
    private readonly life: Life,
    private readonly tools: Tools,
  ) {}

  async publish(tasks: FileTask[], folders: string[]): Promise<Map<FileTask, BatchOutcome>> {
    const read = await this.read(tasks);
    const ready = read.filter(({ task }) => !this.outcomes.has(task));
    const harmed = await this.harmed(read);
    if (ready.length + folders.length + harmed.length === 0) return this.outcomes;
    for (const one of [...ready, ...harmed]) this.take(one);
    const upload = await persistently(this.life, () => wire.openBatch(this.life.signal));
    const missing = await this.plan(upload);
    await this.send(upload, missing);
    this.heal(harmed, new Set(missing));
    for (const { task } of ready) task.reach(task.size);
    if (ready.length + folders.length > 0) await this.commit(upload, ready, folders);
    else await persistently(this.life, () => wire.abort(upload)); // What arrived stays with the files that use it.
    return this.outcomes;
  }

  /** Those that are there with the same bytes, and may not be whole there. */
  private async harmed(read: Ready[]): Promise<Ready[]> {
    const same = read.filter(({ task }) => this.outcomes.get(task) === "same");
    if (same.length === 0) return [];
    const worth = new Set(await healable(same.map(({ task }) => task), this.life.signal));
    return same.filter(({ task }) => worth.has(task));
  }

  private heal(harmed: Ready[], missing: ReadonlySet<string>): void {
    for (const { task, chunks } of harmed) if (chunks.some(({ id }) => missing.has(id))) this.outcomes.set(task, "healed");
  }

  private async read(tasks: FileTask[]): Promise<Ready[]> {
    const files = await this.tools.reader.whole(tasks.map(({ file }) => file), this.bucket.chunking);
    const read: Ready[] = [];
    for (const [index, task] of tasks.entries()) {
      const whole = files[index];
      if (task.isContested && whole?.bytes) this.outcomes.set(task, (await isSame(task, whole)) ? "same" : "contested");
      if (whole?.bytes) read.push(readyOf(task, whole, whole.bytes));
      else this.outcomes.set(task, "changed");
    }
    return read;
  }

  private take({ task, chunks, bytes }: Ready): void {
    let at = 0;
    for (const { id, size } of chunks) {
      if (!this.blocks.has(id)) this.blocks.set(id, { block: { id, size, bytes: bytes.subarray(at, at + size) }, task });
      at += size;
    }
  }

  /** The blocks that the server lacks. */
  private async plan(upload: string): Promise<string[]> {
    const chunks = Array.from(this.blocks.values(), ({ block: { id, size } }) => ({ id, size }));
    const missing: string[] = [];
    for (let first = 0; first < chunks.length; first += wire.PAGE_CHUNKS) {
      const page = chunks.slice(first, first + wire.PAGE_CHUNKS);
      missing.push(...(await persistently(this.life, () => wire.plan(upload, first, page, this.life.signal))));
    }
    return missing;
  }

  private async send(upload: string, ids: string[]): Promise<void> {
    const blocks = ids.map((id) => this.blocks.get(id)?.block).filter((block) => block !== undefined);
    for (const frame of framesOf(blocks, () => this.tools.window.frameBytes)) await this.sendFrame(upload, frame);
  }

  private async sendFrame(upload: string, blocks: Block[]): Promise<void> {
    const body = frameOf(blocks);
    const { window, moved } = this.tools;
    await persistently(this.life, () => window.send(body.size, () => sendFrame(upload, body, this.life.signal, moved)));
    for (const { id, size } of blocks) {
      const task = this.blocks.get(id)?.task;
      if (!task) continue;
      task.sent += size;
      task.reach(task.stored + size);
    }
  }

  /** Those for which there is room; of the others it is said what they lack. Raises `error` where that is not known, or helps nothing. */
  private fitting(ready: Ready[], error: ApiProblem): Ready[] {
    const { used_bytes: used, quota_bytes: quota } = error.document;
    if (typeof used !== "number" || typeof quota !== "number") throw error;
    let room = quota - used;
    const fit = ready.filter(({ task }) => {
      if (task.size > room) return false;
      room -= task.size;
      return true;
    });
    if (fit.length === ready.length) throw error;
    const fits = new Set(fit);
    for (const one of ready) if (!fits.has(one)) this.outcomes.set(one.task, error);
    return fit;
  }

  /** All that is left; what is refused is left out of the next try. */
  private async commit(upload: string, ready: Ready[], folders: string[]): Promise<void> {
    let left = ready;
    let made = folders;
    for (let turn = 1; ; turn += 1) {
      left = left.filter(({ task }) => !task.isCancelled);
      const operations: wire.Operation[] = [...made.map((path): wire.Operation => ({ op: "folder", path })), ...left.map(({ operation }) => operation)];
      if (operations.length === 0) return;
      try {
        await persistently(this.life, () => wire.commitAll(this.bucket.id, upload, operations, this.life.signal));
        for (const { task } of left) this.outcomes.set(task, "stored");
        return;
      } catch (error) {
        if (turn === TURNS) throw error;
        if (isProblem(error, "quota-exceeded")) left = this.fitting(left, error);
        else if (isProblem(error, "blocks-missing")) await this.send(upload, error.document["missing"] as string[]);
        else {
          const refused = conflictsIn(error);
          left = left.filter(({ task }, index) => {
            const conflict = refused.get(made.length + index);
            if (conflict) this.outcomes.set(task, conflict);
            return !conflict;
          });
          // A file in the place of an empty folder: the folder cannot be, the files that would be below it say so themselves.
          made = made.filter((_, index) => !refused.has(index));
        }
      }
    }
  }
}

function readyOf(task: FileTask, whole: WholeFile, bytes: Uint8Array<ArrayBuffer>): Ready {
  const chunks = wire.chunksOf(whole);
  const said = { path: task.path, modified_at: modifiedAt(task.file), content_type: task.file.type, base_version: task.base };
  return { task, chunks, bytes, operation: { op: "put", chunks, ...said } };
}

/** By the operation's index. Raises `error` if it names none. */
function conflictsIn(error: unknown): Map<number, Conflict> {
  const told = error instanceof Error && "document" in error ? (error as ApiProblem).document["conflicts"] : undefined;
  if (!Array.isArray(told) || told.length === 0) throw error;
  const conflicts = told as { operation: number; problem: string; detail: string }[];
  return new Map(conflicts.map(({ operation, problem, detail }) => [operation, new Conflict(problem, detail)]));
}

async function isSame(task: FileTask, { ids }: WholeFile): Promise<boolean> {
  if (task.existing?.size !== task.size) return false;
  return hexOf(await sha256Of((crypto as Partial<Crypto>).subtle)(ids)) === task.existing.content_hash;
}
