/** Whose turn it is: a few large files and a few batches of small ones at once, in the order in which they came. */

import { ApiProblem } from "@/api/problems";
import type { BucketWire } from "@/api/schema";
import { type BatchOutcome, Conflict, sendBatch } from "./batch";
import { MIB } from "./cutting";
import type { Job } from "./job";
import { sendLarge, type Tools } from "./large";
import { FileChanged } from "./reading";
import { isAbort, type Life } from "./retry";
import type { Ending, FileTask } from "./task";
import { CHANGED, problemWords, refusalWords, UNREADABLE } from "./words";

export const SMALL_BYTES = 2 * MIB;
const BATCH_BYTES = 12 * MIB; // held in memory while it is sent
const BATCH_OPERATIONS = 1000; // as many as the server takes at once, folders included
const LARGE_ABREAST = 2;
const BATCHES_ABREAST = 3;

/** What the engine does about what comes out. */
export interface Ends {
  contested: (job: Job, task: FileTask) => void;
  stored: (bucket: BucketWire, tasks: FileTask[], folders: string[]) => void;
  changed: () => void;
}

interface Picked {
  job: Job;
  task: FileTask;
}

export class Dispatch {
  private large = 0;
  private batches = 0;

  constructor(
    private readonly jobs: () => Job[],
    private readonly tools: () => Tools,
    private readonly ends: Ends,
  ) {}

  /** Begin what may begin now. */
  pump(): void {
    while (this.large < LARGE_ABREAST && this.beginLarge());
    while (this.batches < BATCHES_ABREAST && this.beginBatch());
  }

  private ready(): Job[] {
    return this.jobs().filter((job) => !job.isReading && !job.isPaused && !job.isCancelled && job.bucket !== null);
  }

  private beginLarge(): boolean {
    for (const job of this.ready()) {
      const index = job.queue.findIndex(({ size }) => size > SMALL_BYTES);
      const [task] = index === -1 ? [] : job.queue.splice(index, 1);
      if (!task) continue;
      this.large += 1;
      void this.runLarge({ job, task }).finally(() => {
        this.large -= 1;
        this.ends.changed();
        this.pump();
      });
      return true;
    }
    return false;
  }

  private async runLarge({ job, task }: Picked): Promise<void> {
    const controller = new AbortController();
    task.controller = controller;
    const life = begin([task], controller);
    try {
      const outcome = await sendLarge(task, life, this.tools());
      if (outcome === "contested") this.ends.contested(job, task);
      else this.end(task, outcome);
    } catch (error) {
      if (isAbort(error)) putBack(job, task);
      else if (isConflict(error)) this.ends.contested(job, task);
      else fail(task, error instanceof FileChanged ? await faultOf(task) : problemWords(error));
    }
    if (hasChanged(task)) this.ends.stored(task.bucket, [task], []);
  }

  private beginBatch(): boolean {
    const [picked, folders, bucket] = this.pickBatch();
    if (!bucket) return false;
    this.batches += 1;
    void this.runBatch(bucket, picked, folders).finally(() => {
      this.batches -= 1;
      this.ends.changed();
      this.pump();
    });
    return true;
  }

  /** Small files of one bucket, of however many lines. */
  private pickBatch(): [Picked[], string[], BucketWire | null] {
    const picked: Picked[] = [];
    const folders: string[] = [];
    let bucket: BucketWire | null = null;
    let bytes = 0;
    for (const job of this.ready()) {
      if (bucket && job.bucket?.id !== bucket.id) continue;
      folders.push(...job.folders.splice(0, BATCH_OPERATIONS - folders.length - picked.length));
      const rest: FileTask[] = [];
      for (const task of job.queue) {
        const fits = task.size <= SMALL_BYTES && picked.length + folders.length < BATCH_OPERATIONS && bytes + task.size <= BATCH_BYTES;
        if (fits) {
          picked.push({ job, task });
          bytes += task.size;
        } else rest.push(task);
      }
      job.queue = rest;
      if (picked.length + folders.length) bucket ??= job.bucket;
    }
    return [picked, folders, bucket];
  }

  private async runBatch(bucket: BucketWire, picked: Picked[], folders: string[]): Promise<void> {
    const tasks = picked.map(({ task }) => task);
    const life = begin(tasks, new AbortController());
    try {
      const outcomes = await sendBatch(bucket, tasks, folders, life, this.tools());
      for (const one of picked) await this.settle(one, outcomes.get(one.task));
      this.ends.stored(bucket, tasks.filter(hasChanged), folders);
    } catch (error) {
      for (const { job, task } of picked) {
        if (task.state !== "busy") continue;
        if (isAbort(error)) putBack(job, task);
        else fail(task, problemWords(error));
      }
    }
  }

  private async settle({ job, task }: Picked, outcome: BatchOutcome | undefined): Promise<void> {
    if (outcome === undefined) putBack(job, task);
    else if (outcome === "contested") this.ends.contested(job, task);
    else if (outcome === "changed") fail(task, await faultOf(task));
    else if (outcome instanceof ApiProblem) fail(task, problemWords(outcome));
    else if (outcome instanceof Conflict) {
      if (outcome.slug === "version-conflict") this.ends.contested(job, task);
      else fail(task, refusalWords(outcome.slug, outcome.detail));
    } else this.end(task, outcome);
  }

  private end(task: FileTask, ending: Ending): void {
    task.state = "done";
    task.ending = ending;
    task.problem = null;
    task.controller = null;
    void this.tools().keeper.forget([task]);
    task.plan.pages = [];
  }
}

/** Whether the list shows it otherwise now. */
const hasChanged = ({ ending }: FileTask): boolean => ending === "stored" || ending === "healed";

function begin(tasks: FileTask[], controller: AbortController): Life {
  for (const task of tasks) Object.assign(task, { state: "busy", problem: null, waitsUntil: null });
  return { signal: controller.signal, waits: (until) => tasks.forEach((task) => (task.waitsUntil = until)) };
}

function putBack(job: Job, task: FileTask): void {
  Object.assign(task, { state: "waiting", waitsUntil: null });
  job.queue.unshift(task);
}

function fail(task: FileTask, problem: string): void {
  Object.assign(task, { state: "failed", problem, waitsUntil: null });
}

/** The browser says the same of a file that was changed and of one that nobody may read. */
async function faultOf({ file, fresh }: FileTask): Promise<string> {
  if (!fresh) return CHANGED;
  const now = await fresh().catch(() => null);
  return now && (now.size !== file.size || now.lastModified !== file.lastModified) ? CHANGED : UNREADABLE;
}

const isConflict = (error: unknown): boolean => !(error instanceof FileChanged) && error instanceof Error && "slug" in error && error.slug === "version-conflict";
