/** All uploads of this page: what was dropped, how it goes on, and what people do with it. It knows nothing of how it is shown. */

import { api, held } from "@/api/client";
import type { BucketWire } from "@/api/schema";
import { baseOf } from "@/kit/names";
import { Dispatch } from "./dispatch";
import { freePath, lookUp } from "./existing";
import type { Reader } from "./hashers";
import { Job, type Target } from "./job";
import { Kept, type KeptJob } from "./kept";
import type { Tools } from "./large";
import { type Answer, Questions } from "./questions";
import { bytesOf } from "./reading";
import { isAbort, type Life, persistently } from "./retry";
import { runningElsewhere } from "./tabs";
import { existingOf, FileTask } from "./task";
import type { Source, Tree } from "./walk";
import { Window } from "./window";
import * as wire from "./wire";
import { CHANGED, problemWords, UNREADABLE } from "./words";

export const UNDO_MILLISECONDS = 8_000;
const RECORD_MILLISECONDS = 5_000;

/** What the page does about what happens here. */
export interface Surroundings {
  changed: () => void;
  stored: (bucket: BucketWire, paths: string[]) => void;
  choose: (kind: Job["kind"]) => void; // open the chooser, for a file that must be chosen again
}

export class Engine {
  jobs: Job[] = [];
  moved = 0;
  lastMove = 0;
  readonly questions = new Questions(() => this.surroundings.changed());
  private surroundings: Surroundings = { changed: () => undefined, stored: () => undefined, choose: () => undefined };
  private tools: Tools | null = null;
  private kept: Kept | null = null;
  private resuming: Job | null = null;
  private isReady: () => void = () => undefined;
  /** What is dropped before it is known who is here waits for that. */
  private readonly ready = new Promise<void>((resolve) => (this.isReady = resolve));
  private count = 0;
  private recordedAt = 0;
  private readonly dispatch = new Dispatch(() => this.jobs, () => this.known(), {
    contested: (job, task) => void this.ask(job, task),
    stored: (bucket, tasks, folders) => this.stored(bucket, tasks, folders),
    changed: () => this.settled(),
  });

  constructor(
    private readonly reader: Reader,
    private readonly databaseName?: string,
  ) {}

  /** `user` is at this page now; their unfinished uploads come back. Another's end at once, and are forgotten: they must not go on as this one's. */
  async begin(user: string, surroundings: Surroundings): Promise<void> {
    this.surroundings = surroundings;
    if (this.kept?.user === user) return;
    if (this.kept) void this.end();
    const kept = new Kept(user, this.databaseName);
    this.kept = kept;
    const moved = (bytes: number): void => {
      this.moved += bytes;
      this.lastMove = Date.now();
    };
    this.tools = { reader: this.reader, window: new Window(), keeper: kept, moved };
    this.isReady();
    await kept.dropOthers();
    const elsewhere = await runningElsewhere(() => this.jobs.filter(({ isActive }) => isActive).map((job) => job.record(user, 0).id));
    for (const record of await kept.jobs(Date.now())) {
      if (!elsewhere.has(record.id) && !this.jobs.some((job) => job.record(user, 0).id === record.id)) await this.takeBack(kept, record);
    }
    this.surroundings.changed();
  }

  /** Upload into `target`. What was begun before a reload goes on where it was. */
  add(target: Target, sources: Source[]): void {
    this.count += 1;
    const group = this.count;
    const resuming = this.resuming;
    this.resuming = null;
    for (const source of sources) {
      const begun = this.begun(source, resuming);
      if (resuming && !begun) {
        resuming.isOther = true;
        continue;
      }
      if (begun) this.jobs.splice(this.jobs.indexOf(begun), 1);
      const where = begun?.kept ? { bucket: begun.kept.bucket, prefix: begun.kept.prefix } : target;
      this.count += 1;
      const job = new Job(this.count, source.kind, source.name, where, group, begun?.kept ?? null);
      this.jobs.push(job);
      void this.prepare(job, source);
    }
    this.surroundings.changed();
  }

  pause(jobs: Job[]): void {
    for (const job of jobs) {
      job.isPaused = true;
      for (const task of job.tasks) task.controller?.abort();
    }
    this.surroundings.changed();
  }

  resume(jobs: Job[]): void {
    for (const job of jobs) {
      job.isPaused = false;
      if (job.isWithoutFile) this.chooseAgain(job);
    }
    this.go();
  }

  /** Everything of `job` that failed, once more, with the files as they are now. */
  async retry(job: Job): Promise<void> {
    if (job.problem !== null) { this.again(job); return; }
    job.isSettled = false;
    for (const task of job.tasks.filter(({ state }) => state === "failed")) {
      if ((task.problem === CHANGED || task.problem === UNREADABLE) && !(await renewed(task))) { this.chooseAgain(job); return; }
      Object.assign(task, { state: "waiting", problem: null });
      job.queue.push(task);
    }
    this.go();
  }

  /** Nothing more of them is sent; for a while it can be taken back, by what is returned. */
  cancel(jobs: Job[]): () => void {
    const places = jobs.map((job) => [this.jobs.indexOf(job), job] as const);
    for (const job of jobs) this.stop(job);
    this.jobs = this.jobs.filter((job) => !jobs.includes(job));
    const timer = setTimeout(() => void this.giveUp(jobs), UNDO_MILLISECONDS);
    const { kept } = this;
    const records = kept ? jobs.map((job) => job.kept ?? job.record(kept.user, Date.now())) : [];
    void kept?.dropJobs(records.map(({ id }) => id)); // Who reloads now has cancelled all the same.
    this.go();
    return () => {
      clearTimeout(timer);
      void kept?.keepJobs(records);
      for (const [index, job] of places) {
        job.isCancelled = false;
        for (const task of job.tasks) task.isCancelled = false;
        this.jobs.splice(index, 0, job);
        for (const task of job.tasks.filter(({ state }) => state === "asking")) void this.ask(job, task);
      }
      this.go();
    };
  }

  /** Take from the tray what is done or has failed. */
  clear(): void {
    const ended = this.jobs.filter(({ hasEnded, problem }) => hasEnded || problem !== null);
    this.jobs = this.jobs.filter((job) => !ended.includes(job));
    void this.giveUp(ended.filter(({ hasFailed }) => hasFailed));
    this.surroundings.changed();
  }

  answer(answer: Answer, forAll: boolean): void {
    this.questions.answer(answer, forAll);
  }

  /** Write down how far everything is, for after a reload; not more often than every few seconds. */
  async note(now: number): Promise<void> {
    if (!this.kept || now - this.recordedAt < RECORD_MILLISECONDS) return;
    this.recordedAt = now;
    const { user } = this.kept;
    const running = this.jobs.filter((job) => job.isActive && job.bucket && job.tasks.some(({ state }) => state === "busy"));
    await this.kept.keepJobs(running.map((job) => job.record(user, now)));
  }

  /** Whoever was here signs out: nothing goes on, and nothing of it is left in the browser. */
  async end(): Promise<void> {
    this.leave();
    await this.kept?.empty();
  }

  private leave(): void {
    for (const job of this.jobs) {
      this.stop(job);
      job.controller.abort();
    }
    this.jobs = [];
  }

  private known(): Tools {
    if (!this.tools) throw new Error("Nobody is at this page");
    return this.tools;
  }

  private go(): void {
    this.dispatch.pump();
    this.surroundings.changed();
  }

  private async prepare(job: Job, source: Source): Promise<void> {
    const life = { signal: job.controller.signal, waits: (until: number | null) => void (job.waitsUntil = until) };
    try {
      await this.ready;
      const tree = await treeOf(source, (files) => (job.foundFiles = files));
      const bucket = await persistently(life, () => held(api.GET("/api/v1/buckets/{bucket}", { params: { path: { bucket: job.target.bucket } }, signal: life.signal })));
      const tasks = tree.files.map(({ path, file, fresh }) => new FileTask(bucket, job.target.prefix + path, file, fresh));
      for (const { path, fresh } of tree.unreadable) tasks.push(unreadable(new FileTask(bucket, job.target.prefix + path, new File([], baseOf(path)), fresh)));
      await persistently(life, () => lookUp(bucket.id, job.target.prefix, tasks, life.signal));
      this.enter(job, bucket, tasks, tree.folders.map((path) => job.target.prefix + path));
    } catch (error) {
      if (isAbort(error)) return;
      job.problem = problemWords(error);
    }
    job.isReading = false;
    this.go();
  }

  private enter(job: Job, bucket: BucketWire, tasks: FileTask[], folders: string[]): void {
    Object.assign(job, { bucket, tasks, folders });
    for (const task of tasks) {
      task.isCancelled = job.isCancelled;
      // Equal sizes may be equal bytes, which is no question: they are read first.
      if (task.state === "failed") continue;
      if (task.existing && task.existing.size !== task.size) void this.ask(job, task);
      else job.queue.push(task);
    }
    const { kept } = this;
    if (!kept) return;
    const record = job.record(kept.user, Date.now());
    if (job.kept && job.kept.id !== record.id) void kept.dropJobs([job.kept.id]);
    void kept.keepJobs([record]);
  }

  private async ask(job: Job, task: FileTask): Promise<void> {
    task.state = "asking";
    this.surroundings.changed();
    if (job.isCancelled) return;
    try {
      // Refused at its commit: somebody was quicker, and what they put there is to be shown.
      const isNews = !task.isContested;
      if (isNews) await this.lookAgain(job, task);
      // What they put there may be the same bytes, from another tab perhaps: then there is nothing to ask.
      if (isNews && (task.existing?.size ?? task.size) === task.size) { this.enqueue(job, task); return; }
      await this.follow(await this.questions.ask(task, job.group), job, task);
    } catch (error) {
      Object.assign(task, { state: "failed", problem: problemWords(error) });
      this.settled();
      this.go();
    }
  }

  private async lookAgain(job: Job, task: FileTask): Promise<void> {
    const life = lifeOf(job, task);
    const [entry] = await persistently(life, () => wire.filesBelow(task.bucket.id, task.path, life.signal, "", 1));
    task.existing = entry?.path === task.path ? existingOf(entry) : null;
    task.base = null;
    task.plan.upload = null;
  }

  private async follow(answer: Answer, job: Job, task: FileTask): Promise<void> {
    if (answer === "skip") {
      Object.assign(task, { state: "done", ending: "skipped" });
      this.settled();
      this.go(); return;
    }
    if (answer === "replace") task.base = task.existing?.version_id ?? null;
    else {
      const taken = new Set(this.jobs.flatMap(({ tasks }) => tasks.map(({ path }) => path)));
      const life = lifeOf(job, task);
      if (this.kept) void this.kept.dropJobs([job.record(this.kept.user, 0).id]);
      task.path = await persistently(life, () => freePath(task.bucket.id, task.path, taken, life.signal));
      task.existing = null;
      task.base = null;
    }
    this.enqueue(job, task);
  }

  private enqueue(job: Job, task: FileTask): void {
    task.state = "waiting";
    job.queue.push(task);
    this.go();
  }

  private stored(bucket: BucketWire, tasks: FileTask[], folders: string[]): void {
    const paths = [...tasks.map(({ path }) => path), ...folders.map((folder) => `${folder}/`)];
    if (paths.length) this.surroundings.stored(bucket, paths);
    this.settled();
  }

  /** Of what has come to its end only that is kept for after a reload which could be gone on with. */
  private settled(): void {
    const { kept } = this;
    for (const job of this.jobs.filter(({ hasEnded, isSettled, problem }) => hasEnded && !isSettled && problem === null)) {
      job.isSettled = true;
      if (kept) void writeEnd(kept, job);
    }
    this.surroundings.changed();
  }

  private begun(source: Source, resuming: Job | null): Job | undefined {
    const candidates = resuming ? [resuming] : this.jobs.filter(({ isWithoutFile }) => isWithoutFile);
    return candidates.find(({ kept }) => {
      if (kept?.kind !== source.kind || kept.name !== source.name) return false;
      if (source.kind === "folder" || kept.modified === 0) return true;
      return kept.size === source.found.file.size && kept.modified === source.found.file.lastModified;
    });
  }

  private async takeBack(kept: Kept, record: KeptJob): Promise<void> {
    const upload = record.kind === "file" ? await kept.uploadOf(record.id) : null;
    // The server knows how much is there; where it cannot be asked, what was written down holds.
    const share = upload === null ? record.share : await wire.shareOf(upload).catch(() => record.share);
    this.count += 1;
    const job = new Job(this.count, record.kind, record.name, record, this.count, { ...record, share: share ?? 0 });
    job.isReading = false;
    this.jobs.push(job);
  }

  private chooseAgain(job: Job): void {
    if (!job.isWithoutFile && this.kept) {
      // It has changed: whatever has its name now is meant.
      job.kept = { ...job.record(this.kept.user, Date.now()), modified: 0, share: 0 };
      for (const task of job.tasks) this.stopTask(task);
      Object.assign(job, { tasks: [], queue: [] });
    }
    this.resuming = job;
    job.isOther = false;
    this.surroundings.changed();
    this.surroundings.choose(job.kind);
  }

  private again(job: Job): void {
    job.problem = null;
    this.chooseAgain(job);
  }

  private stop(job: Job): void {
    job.isCancelled = true;
    for (const task of job.tasks) this.stopTask(task);
    this.questions.drop(new Set(job.tasks));
  }

  private stopTask(task: FileTask): void {
    task.isCancelled = true;
    task.controller?.abort();
  }

  private async giveUp(jobs: Job[]): Promise<void> {
    const { kept } = this;
    if (!kept) return;
    const ids = jobs.map((job) => job.kept?.id ?? job.record(kept.user, 0).id);
    const planned = jobs.flatMap(({ tasks }) => tasks.map(({ plan }) => plan.upload));
    const uploads = new Set([...planned, ...(await Promise.all(ids.map((id) => kept.uploadOf(id))))]);
    await kept.dropJobs(ids);
    await kept.forgetPlans(ids);
    await kept.forget(jobs.flatMap(({ tasks }) => tasks));
    // Whatever is left of them the server forgets by itself.
    await Promise.allSettled([...uploads].filter((upload) => upload !== null).map(wire.abort));
  }
}

const lifeOf = (job: Job, task: FileTask): Life => ({ signal: job.controller.signal, waits: (until) => void (task.waitsUntil = until) });

const treeOf = (source: Source, told: (files: number) => void): Promise<Tree> =>
  source.kind === "folder" ? source.tree(told) : Promise.resolve({ files: [source.found], folders: [], unreadable: [] });

async function writeEnd(kept: Kept, job: Job): Promise<void> {
  const record = job.record(kept.user, Date.now());
  await kept.forget(job.tasks.filter(({ problem }) => problem === CHANGED));
  await (job.isUnfinished ? kept.keepJobs([record]) : kept.dropJobs([record.id]));
}

const unreadable = (task: FileTask): FileTask => Object.assign(task, { state: "failed", problem: UNREADABLE });

/** Whether the file can be read now, looked at anew where the browser allows it. */
async function renewed(task: FileTask): Promise<boolean> {
  if (task.problem === UNREADABLE && !task.fresh) return false;
  try {
    const file = task.fresh ? await task.fresh() : task.file;
    if (file.size > 0) await bytesOf(file.slice(0, 1), 1);
    task.renew(file);
    return true;
  } catch {
    return false;
  }
}
