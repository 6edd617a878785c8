/** Blocks on their way from who reads to who sends; who reads waits while too much is ahead. */

import type { Block } from "./frames";

const AHEAD_BYTES = 64 * 1024 * 1024;

export class Channel {
  private readonly blocks: Block[] = [];
  private bytes = 0;
  private isClosed = false;
  private wake: (() => void)[] = [];

  async put(blocks: Block[]): Promise<void> {
    this.blocks.push(...blocks);
    this.bytes += blocks.reduce((sum, block) => sum + block.size, 0);
    this.changed();
    while (this.bytes > AHEAD_BYTES && !this.isClosed) await this.change();
  }

  /** The next blocks, of at most `most` bytes but at least one; none: nothing more comes. */
  async take(most: number): Promise<Block[]> {
    while (this.blocks.length === 0 && !this.isClosed) await this.change();
    const taken: Block[] = [];
    let bytes = 0;
    for (let next = this.blocks[0]; next && (bytes === 0 || bytes + next.size <= most); next = this.blocks[0]) {
      this.blocks.shift();
      taken.push(next);
      bytes += next.size;
    }
    this.bytes -= bytes;
    this.changed();
    return taken;
  }

  close(): void {
    this.isClosed = true;
    this.changed();
  }

  private change(): Promise<void> {
    return new Promise((resolve) => this.wake.push(resolve));
  }

  private changed(): void {
    const woken = this.wake;
    this.wake = [];
    for (const resolve of woken) resolve();
  }
}
