/** Questions about names that are taken: one at a time, while everything else goes on. */

import type { FileTask } from "./task";

export type Answer = "replace" | "both" | "skip";

export interface Question {
  task: FileTask;
  group: number; // what was dropped together
  settle: (answer: Answer) => void;
}

export class Questions {
  private waiting: Question[] = [];
  private readonly standing = new Map<number, Answer>();

  constructor(private readonly changed: () => void) {}

  /** The one to be asked now. */
  get current(): Question | null {
    return this.waiting[0] ?? null;
  }

  /** How many more there are besides the current one. */
  get others(): number {
    return Math.max(0, this.waiting.length - 1);
  }

  ask(task: FileTask, group: number): Promise<Answer> {
    const standing = this.standing.get(group);
    if (standing) return Promise.resolve(standing);
    return new Promise((settle) => {
      this.waiting.push({ task, group, settle });
      this.changed();
    });
  }

  /** For the current one, and with `forAll` for all that wait and those of the same drop that come later. */
  answer(answer: Answer, forAll: boolean): void {
    const current = this.waiting.shift();
    if (!current) return;
    const settled = [current];
    if (forAll) {
      for (const { group } of [current, ...this.waiting]) this.standing.set(group, answer);
      settled.push(...this.waiting.splice(0));
    }
    for (const { settle } of settled) settle(answer);
    this.changed();
  }

  /** Nobody needs to know any more. */
  drop(tasks: ReadonlySet<FileTask>): void {
    this.waiting = this.waiting.filter(({ task }) => !tasks.has(task));
    this.changed();
  }
}
