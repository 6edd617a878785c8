/** How many bodies of blocks travel at once, and how long one may be: about a second's worth, so that a slow line still shows that it moves. */

import { MIB } from "./cutting";

const SLOTS = 4; // a browser has six connections to one server; the list and the events need some
const SMALLEST_BYTES = MIB;
const LARGEST_BYTES = 8 * MIB;

export class Window {
  frameBytes = 4 * MIB;
  private taken = 0;
  private readonly waiting: (() => void)[] = [];

  async send<T>(bytes: number, act: () => Promise<T>): Promise<T> {
    if (this.taken === SLOTS) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.taken += 1;
    const started = performance.now();
    try {
      const outcome = await act();
      this.learn(bytes, performance.now() - started);
      return outcome;
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.taken -= 1;
    }
  }

  private learn(bytes: number, milliseconds: number): void {
    const second = (bytes / Math.max(1, milliseconds)) * 1000;
    if (second > 2 * this.frameBytes) this.frameBytes = Math.min(LARGEST_BYTES, 2 * this.frameBytes);
    else if (second < this.frameBytes / 2) this.frameBytes = Math.max(SMALLEST_BYTES, this.frameBytes / 2);
  }
}
