/** How fast it goes and how long it takes: means of the last seconds, so that neither jumps. */

const SPEED_MILLISECONDS = 5_000;
const LEFT_MILLISECONDS = 20_000;
const SHOWN_AFTER_MILLISECONDS = 3_000;

interface Sample {
  at: number;
  moved: number;
  stored: number;
}

export class Pace {
  private samples: Sample[] = [];

  /** `moved`: bytes that ever travelled; `stored`: bytes that are there. */
  add(at: number, moved: number, stored: number): void {
    this.samples.push({ at, moved, stored });
    while ((this.samples[0]?.at ?? at) < at - LEFT_MILLISECONDS) this.samples.shift();
  }

  /** Nothing goes on: what was is no guide to what comes. */
  rest(): void {
    this.samples = [];
  }

  /** Bytes a second, of the last 5 seconds; null while too little is known. */
  speed(): number | null {
    const last = this.samples.at(-1);
    const first = last && this.samples.find(({ at }) => at >= last.at - SPEED_MILLISECONDS);
    if (!last || !first || last.at - first.at < 1_000) return null;
    return ((last.moved - first.moved) / (last.at - first.at)) * 1000;
  }

  /** Seconds for `bytes` more, from the last 20 seconds; null while too little is known or nothing moves. */
  secondsFor(bytes: number): number | null {
    const [first, last] = [this.samples[0], this.samples.at(-1)];
    if (!first || !last || last.at - first.at < SHOWN_AFTER_MILLISECONDS || last.stored <= first.stored) return null;
    return (bytes * (last.at - first.at)) / (last.stored - first.stored) / 1000;
  }
}
