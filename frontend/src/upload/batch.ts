/** Many small files: read whole, sent in shared bodies, published up to 1,000 at once. */

import { type ApiProblem, isProblem } from "@/api/problems";
import type { BucketWire } from "@/api/schema";
import { type Block, frameOf, sendFrame } from "./frames";
import type { Tools } from "./large";
import type { WholeFile } from "./reading";
import { type Life, persistently } from "./retry";
import { hexOf, sha256Of } from "./sha256";
import { type FileTask, modifiedAt } from "./task";
import * as wire from "./wire";

const TURNS = 8;

export type BatchOutcome = "stored" | "same" | "contested" | "changed" | Conflict;

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
    const ready = await this.read(tasks);
    if (ready.length + folders.length === 0) return this.outcomes;
    const upload = await persistently(this.life, () => wire.openBatch(this.life.signal));
    await this.send(upload, await this.plan(upload));
    for (const { task } of ready) task.reach(task.size);
    await this.commit(upload, ready, folders);
    return this.outcomes;
  }

  private async read(tasks: FileTask[]): Promise<Ready[]> {
    const files = await this.tools.reader.whole(tasks.map(({ file }) => file), this.bucket.chunking);
    const ready: Ready[] = [];
    for (const [index, task] of tasks.entries()) {
      const whole = files[index];
      if (!whole?.bytes) this.outcomes.set(task, "changed");
      else if (task.isContested) this.outcomes.set(task, (await isSame(task, whole)) ? "same" : "contested");
      else ready.push(this.taken(task, whole, whole.bytes));
    }
    return ready;
  }

  private taken(task: FileTask, whole: WholeFile, bytes: Uint8Array<ArrayBuffer>): Ready {
    const chunks = wire.chunksOf(whole);
    let at = 0;
    for (const { id, size } of chunks) {
      if (!this.blocks.has(id)) this.blocks.set(id, { block: { id, size, bytes: bytes.subarray(at, at + size) }, task });
      at += size;
    }
    const said = { path: task.path, modified_at: modifiedAt(task.file), content_type: task.file.type, base_version: task.base };
    return { task, chunks, operation: { op: "put", chunks, ...said } };
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
    let [frame, bytes]: [Block[], number] = [[], 0];
    const flush = async (): Promise<void> => {
      const blocks = frame;
      [frame, bytes] = [[], 0];
      if (blocks.length) await this.sendFrame(upload, blocks);
    };
    for (const id of ids) {
      const found = this.blocks.get(id);
      if (!found) continue;
      if (bytes + found.block.size > this.tools.window.frameBytes) await flush();
      frame.push(found.block);
      bytes += found.block.size;
    }
    await flush();
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
        if (isProblem(error, "blocks-missing")) await this.send(upload, error.document["missing"] as string[]);
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
