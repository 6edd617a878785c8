import type { ApiProblem } from "@/api/problems";
import { type Connection, connectionBecomes } from "./connection";
import type { Hint, Sequences } from "./hints";
import type { StreamListener } from "./stream";

/** What tabs of one browser tell each other. */
export type Word =
  | { kind: "hint"; hint: Hint } // from the one that reads the stream
  | { kind: "state"; connection: Connection }
  | { kind: "ask" }; // from one that has just come

export interface Channel {
  post: (word: Word) => void;
  listen: (listener: (word: Word) => void, signal: AbortSignal) => void;
}

/** Calls `lead` once this tab is the one that reads the stream for all, and is the only one until the promise ends. */
export type Elect = (signal: AbortSignal, lead: () => Promise<void>) => void;

export interface TabParts {
  channel: Channel;
  elect: Elect;
  read: (signal: AbortSignal, listener: StreamListener) => Promise<void>;
  onHint: (hint: Hint) => void;
  sequences: () => Sequences;
}

/** One tab's part in the browser's one stream: it reads it for all, or hears from the tab that does. */
export class LiveTab {
  private isLeader = false;
  private isOpen = false;
  private losses = 0;
  private heardAt = new Date();

  constructor(private readonly parts: TabParts) {}

  start(signal: AbortSignal): void {
    const { channel, elect } = this.parts;
    channel.listen((word) => this.hear(word), signal);
    window.addEventListener("offline", () => this.lose(null), { signal });
    elect(signal, () => this.lead(signal));
    channel.post({ kind: "ask" });
  }

  private async lead(signal: AbortSignal): Promise<void> {
    this.isLeader = true;
    try {
      await this.parts.read(signal, {
        onHint: (hint) => this.tell(hint),
        onBytes: () => {
          this.heardAt = new Date();
        },
        onLost: (problem) => this.lose(problem),
      });
    } finally {
      this.isLeader = this.isOpen = false;
    }
  }

  private hear(word: Word): void {
    if (word.kind === "ask") this.answer();
    else if (this.isLeader) return;
    else if (word.kind === "hint") this.parts.onHint(word.hint);
    else connectionBecomes(word.connection.state, word.connection.since);
  }

  private answer(): void {
    if (!this.isLeader || !this.isOpen) return;
    this.parts.channel.post({ kind: "hint", hint: { kind: "all", sequences: this.parts.sequences() } });
    this.parts.channel.post({ kind: "state", connection: { state: "live", since: this.heardAt } });
  }

  private tell(hint: Hint): void {
    this.parts.onHint(hint);
    this.parts.channel.post({ kind: "hint", hint });
    if (hint.kind !== "all") return;
    this.losses = 0;
    this.isOpen = true;
    this.become("live");
  }

  /** A stream that ends is opened again at once; only if that fails too is something amiss. */
  private lose(problem: ApiProblem | null): void {
    this.losses += 1;
    this.isOpen = false;
    if (!navigator.onLine) this.become("offline");
    else this.become(this.losses > 1 && problem !== null ? "server-away" : "catching-up");
  }

  private become(state: Connection["state"]): void {
    connectionBecomes(state, this.heardAt);
    if (this.isLeader) this.parts.channel.post({ kind: "state", connection: { state, since: this.heardAt } });
  }
}
