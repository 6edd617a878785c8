/** One line of the tray: a file, or a dropped folder with all that is in it. */

import type { BucketWire } from "@/api/schema";
import { baseOf, shownName } from "@/kit/names";
import type { KeptJob } from "./kept";
import { type Ending, type FileTask, fingerprintOf } from "./task";
import { CHANGED, type Facts, mayPass, NO_ROOM } from "./words";

export interface Target {
  bucket: string; // its name or id
  prefix: string; // of the folder, with its slash; "" at the root
}

export class Job {
  tasks: FileTask[] = [];
  /** Files whose turn has not come, in order. */
  queue: FileTask[] = [];
  /** Empty folders that are to be made. */
  folders: string[] = [];
  bucket: BucketWire | null = null;
  isReading = true;
  isPaused = false;
  isCancelled = false;
  isOther = false;
  isSettled = false; // what is kept of it for after a reload says how it ended
  foundFiles = 0;
  problem: string | null = null; // of the whole line, before there are files
  waitsUntil: number | null = null;
  readonly controller = new AbortController(); // of what is done before there are files

  constructor(
    readonly id: number,
    readonly kind: "file" | "folder",
    readonly name: string,
    public target: Target,
    readonly group: number,
    public kept: KeptJob | null = null,
  ) {}

  /** Begun before a reload, and without its file: it waits for somebody to choose it again. */
  get isWithoutFile(): boolean {
    return this.kept !== null && this.tasks.length === 0 && !this.isReading && this.problem === null;
  }

  get hasEnded(): boolean {
    return !this.isReading && !this.isWithoutFile && this.folders.length === 0 && this.tasks.every(({ state }) => state === "done" || state === "failed");
  }

  get isActive(): boolean {
    return !this.isWithoutFile && !this.hasEnded;
  }

  get hasFailed(): boolean {
    return this.problem !== null || this.tasks.some(({ state }) => state === "failed");
  }

  /** Something of it has failed, and could come in if it were chosen again. */
  get isUnfinished(): boolean {
    return this.tasks.some(({ state, problem }) => state === "failed" && mayPass(problem));
  }

  get size(): number {
    return this.kept && this.tasks.length === 0 ? this.kept.size : sum(this.tasks, ({ size }) => size);
  }

  get stored(): number {
    return sum(this.tasks, (task) => (task.state === "done" ? task.size : task.stored));
  }

  get sent(): number {
    return sum(this.tasks, ({ sent }) => sent);
  }

  facts(isStalled: boolean): Facts {
    const count = (matches: (task: FileTask) => boolean): number => this.tasks.filter(matches).length;
    const ended = (ending: Ending): number => count((task) => task.ending === ending);
    const waits = this.tasks.map(({ waitsUntil }) => waitsUntil).filter((until) => until !== null);
    const failures = this.tasks.filter(({ state }) => state === "failed");
    const failed = failures.length;
    const homeless = failures.filter(({ problem }) => problem?.startsWith(NO_ROOM));
    const [first] = failures;
    return {
      kind: this.kind,
      files: this.isReading ? this.foundFiles : Math.max(this.tasks.length, this.problem ? 1 : 0),
      ended: this.problem ? Math.max(1, this.tasks.length) : count(({ state }) => state === "done" || state === "failed"),
      size: this.size,
      stored: this.stored,
      sent: this.sent,
      busy: count(({ state }) => state === "busy"),
      asking: count(({ state }) => state === "asking"),
      failed: this.problem ? Math.max(1, failed) : failed,
      failedName: this.kind === "folder" && this.problem === null && first ? shownName(baseOf(first.path)) : null,
      homeless: { files: homeless.length, bytes: sum(homeless, ({ size }) => size) },
      skipped: ended("skipped"),
      same: ended("same"),
      healed: ended("healed"),
      problem: this.problem ?? first?.problem ?? null,
      waitsUntil: this.waitsUntil ?? (waits.length ? Math.min(...waits) : null),
      isPaused: this.isPaused,
      isReading: this.isReading && this.problem === null,
      isStalled,
      keptShare: this.isWithoutFile ? (this.kept?.share ?? 0) : null,
      isOther: this.isOther,
    };
  }

  /** What is kept of it for after a reload. */
  record(user: string, at: number): KeptJob {
    const [first] = this.tasks;
    const bucket = this.bucket?.id ?? this.target.bucket;
    const id = this.kind === "file" && first ? fingerprintOf(user, first) : JSON.stringify([user, bucket, this.target.prefix, this.name]);
    const { size, stored, kind, name, target } = this;
    // Of what has changed, whatever has its name is meant.
    const modified = this.kind === "file" && first && first.problem !== CHANGED ? first.file.lastModified : 0;
    return { id, user, kind, bucket, prefix: target.prefix, name, size, modified, files: this.tasks.length, share: size ? stored / size : 0, at };
  }
}

const sum = <T>(things: T[], of: (thing: T) => number): number => things.reduce((total, thing) => total + of(thing), 0);

