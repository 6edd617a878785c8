/** One large file: read, planned and sent at once, in a bounded window; then published. */

import { ApiProblem, isProblem } from "@/api/problems";
import { Channel } from "./channel";
import { type Block, frameOf, sendFrame } from "./frames";
import type { Reader } from "./hashers";
import { heal, healable } from "./healing";
import type { Keeper } from "./kept";
import { type BlockPage, bytesOf } from "./reading";
import { type Life, persistently } from "./retry";
import { hexOf, sha256Of } from "./sha256";
import { type FileTask, modifiedAt } from "./task";
import type { Window } from "./window";
import * as wire from "./wire";

const SENDERS = 3;
const TURNS = 5;

export interface Tools {
  reader: Reader;
  window: Window;
  keeper: Keeper;
  /** Bytes that left, for the speed. */
  moved: (bytes: number) => void;
}

export type Outcome = "stored" | "same" | "healed" | "contested";

/** Publish the file of `task`. Raises FileChanged, ApiProblem and AbortError. */
export async function sendLarge(task: FileTask, life: Life, tools: Tools): Promise<Outcome> {
  const sending = new Sending(task, life, tools);
  for (let turn = 1; ; turn += 1) {
    try {
      return await sending.once();
    } catch (error) {
      // It expired, or a restored server does not know it: what was read of the file still holds.
      if (turn === TURNS || !(isProblem(error, "upload-ended") || isProblem(error, "upload-not-found"))) throw error;
      task.plan.upload = null;
    }
  }
}

const bytesIn = (blocks: Block[]): number => blocks.reduce((sum, { size }) => sum + size, 0);

class Sending {
  private readonly asked = new Set<string>();
  private channel = new Channel();
  private here = 0;

  constructor(
    private readonly task: FileTask,
    private readonly life: Life,
    private readonly tools: Tools,
  ) {}

  async once(): Promise<Outcome> {
    const { task } = this;
    if (task.plan.pages.length === 0) await this.tools.keeper.recall(task);
    if (task.existing && task.isContested) {
      const isSame = task.existing.size === task.size && (await this.isSame());
      return isSame ? this.heal() : "contested";
    }
    await this.sendAll();
    return this.publish();
  }

  /** Whether the bytes are those that are there. All is read for it, and need not be read again. */
  private async isSame(): Promise<boolean> {
    for await (const page of this.pages()) this.task.plan.pages.push(page);
    return (await this.contentHash()) === this.task.existing?.content_hash;
  }

  private async heal(): Promise<Outcome> {
    const { task, life, tools } = this;
    if ((await healable([task], life.signal)).length === 0) return "same";
    const isHealed = await heal(this.allBlocks(), () => tools.window.frameBytes, life, (upload, blocks) => this.sendBlocks(upload, blocks, life));
    return isHealed ? "healed" : "same";
  }

  private async sendAll(): Promise<void> {
    this.channel = new Channel();
    this.asked.clear();
    this.here = 0;
    const stop = new AbortController();
    const life = { ...this.life, signal: AbortSignal.any([this.life.signal, stop.signal]) };
    const all = [this.plan(life), ...Array.from({ length: SENDERS }, () => this.send(life))];
    try {
      await Promise.all(all);
    } catch (error) {
      stop.abort();
      this.channel.close();
      await Promise.allSettled(all);
      throw error;
    }
  }

  /** Tell the server of every page, those from before first, and put what it lacks into the channel. */
  private async plan(life: Life): Promise<void> {
    const { plan, base } = this.task;
    if (plan.base !== base) plan.upload = null;
    try {
      const known = plan.pages;
      const missing = plan.upload === null ? null : await persistently(life, () => wire.missingOf(plan.upload ?? "", life.signal));
      if (missing === null) {
        plan.upload = null;
        plan.pages = [];
        for (const page of known) await this.announce(page, life);
      } else await this.resume(missing);
      for await (const page of this.pages()) await this.announce(page, life);
    } finally {
      this.channel.close();
    }
  }

  private async resume(missing: Set<string>): Promise<void> {
    const blocks = this.allBlocks();
    const lacking = this.lacking(blocks, missing);
    this.reach(bytesIn(blocks) - bytesIn(lacking));
    await this.channel.put(lacking);
  }

  /** One more page of the plan. */
  private async announce(page: BlockPage, life: Life): Promise<void> {
    const { task } = this;
    const start = this.start(task.plan.pages.length);
    const first = task.plan.pages.reduce((sum, { sizes }) => sum + sizes.length, 0);
    const chunks = wire.chunksOf(page);
    const missing = await persistently(life, async () => {
      if (task.plan.upload !== null) return wire.plan(task.plan.upload, first, chunks, life.signal);
      const opened = await wire.open(this.target(), chunks, life.signal);
      Object.assign(task.plan, { upload: opened.id, base: task.base });
      return opened.missing;
    });
    task.plan.pages.push(page);
    void this.tools.keeper.keep(task, page, first);
    const blocks = this.blocks(page, start);
    const lacking = this.lacking(blocks, new Set(missing));
    this.reach(bytesIn(blocks) - bytesIn(lacking));
    await this.channel.put(lacking);
  }

  private reach(bytes: number): void {
    this.here += bytes;
    this.task.reach(this.here);
  }

  private lacking(blocks: Block[], missing: Set<string>): Block[] {
    return blocks.filter(({ id }) => {
      if (!missing.has(id) || this.asked.has(id)) return false;
      this.asked.add(id);
      return true;
    });
  }

  private async send(life: Life): Promise<void> {
    for (;;) {
      const blocks = await this.channel.take(this.tools.window.frameBytes);
      if (blocks.length === 0) return;
      await this.sendBlocks(this.task.plan.upload ?? "", blocks, life);
      this.reach(bytesIn(blocks));
    }
  }

  private async sendBlocks(upload: string, blocks: Block[], life: Life): Promise<void> {
    const { task, tools } = this;
    const frame = frameOf(blocks);
    await persistently(life, () =>
      tools.window.send(frame.size, async () => {
        try {
          await sendFrame(upload, frame, life.signal, tools.moved);
        } catch (error) {
          // A body that cannot be read breaks the request off as a lost network does.
          if (error instanceof ApiProblem && error.status === 0) await this.isUnchanged();
          throw error;
        }
      }),
    );
    task.sent += bytesIn(blocks);
  }

  private async publish(): Promise<Outcome> {
    const { task, life } = this;
    const upload = task.plan.upload ?? "";
    await this.isUnchanged();
    for (let turn = 1; ; turn += 1) {
      try {
        const answer = await persistently(life, () => wire.commit(upload, life.signal));
        if (answer.content_hash !== (await this.contentHash())) throw new Error("The server committed other bytes");
        return "stored";
      } catch (error) {
        if (turn === TURNS || !isProblem(error, "blocks-missing")) throw error;
        await this.sendMissing(new Set(error.document["missing"] as string[]));
      }
    }
  }

  /** Blocks that were there when they were asked for, and were collected before the commit. */
  private async sendMissing(missing: Set<string>): Promise<void> {
    const upload = this.task.plan.upload ?? "";
    for (const block of this.allBlocks().filter(({ id }) => missing.delete(id))) await this.sendBlocks(upload, [block], this.life);
  }

  /** The pages that are not known yet, one read ahead. */
  private async *pages(): AsyncGenerator<BlockPage> {
    const { task, tools } = this;
    const read = (from: number): Promise<BlockPage> | null => {
      const page = from < task.size ? tools.reader.page(task.file, from, task.bucket.chunking) : null;
      page?.catch(() => undefined); // A fault is told when its turn comes.
      return page;
    };
    let next = read(this.start(task.plan.pages.length));
    while (next) {
      const page: BlockPage = await next;
      this.life.signal.throwIfAborted();
      next = read(page.end);
      yield page;
    }
  }

  private start(page: number): number {
    return page === 0 ? 0 : (this.task.plan.pages[page - 1]?.end ?? 0);
  }

  private allBlocks(): Block[] {
    return this.task.plan.pages.flatMap((page, index) => this.blocks(page, this.start(index)));
  }

  private blocks(page: BlockPage, start: number): Block[] {
    let at = start;
    return wire.chunksOf(page).map(({ id, size }) => {
      const block = { id, size, bytes: this.task.file.slice(at, at + size) };
      at += size;
      return block;
    });
  }

  private async contentHash(): Promise<string> {
    const ids = this.task.plan.pages.map((page) => page.ids);
    const joined = new Uint8Array(await new Blob(ids).arrayBuffer());
    return hexOf(await sha256Of((crypto as Partial<Crypto>).subtle)(joined));
  }

  /** Raises FileChanged. The browser compares the file's time when it reads. */
  private async isUnchanged(): Promise<void> {
    await bytesOf(this.task.file.slice(0, 1), 1);
  }

  private target(): wire.Target {
    const { bucket, path, size, file, base } = this.task;
    return { bucket: bucket.id, path, size, modified_at: modifiedAt(file), content_type: file.type, base_version: base };
  }
}
