/** What outlives a reload: which uploads were begun, and of each large file what was read of it. In the browser's database, by fingerprint. */

import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import type { BlockPage } from "./reading";
import { type FileTask, fingerprintOf } from "./task";

const KEPT_DAYS = 14; // the server forgets an upload that nobody goes on with sooner

/** An upload as the tray shows it after a reload. */
export interface KeptJob {
  id: string;
  user: string;
  kind: "file" | "folder";
  bucket: string; // its id
  prefix: string;
  name: string;
  size: number;
  modified: number; // of its file; 0: whatever has its name
  files: number;
  share: number; // as of the last time it was written down
  at: number;
}

interface Tables extends DBSchema {
  jobs: { key: string; value: KeptJob };
  plans: { key: string; value: { upload: string; base: string | null } };
  pages: { key: [string, number]; value: BlockPage };
}

export interface Keeper {
  recall: (task: FileTask) => Promise<void>;
  keep: (task: FileTask, page: BlockPage, first: number) => Promise<void>;
  forget: (tasks: FileTask[]) => Promise<void>;
}

const pagesOf = (key: string): IDBKeyRange => IDBKeyRange.bound([key, 0], [key, Infinity]);

/** A browser that lends no database (a private window, a full disk) costs nothing but the memory of a reload. */
export class Kept implements Keeper {
  private isOver = false;
  private readonly database: Promise<IDBPDatabase<Tables> | null>;

  constructor(
    readonly user: string,
    name = "cairn-uploads",
  ) {
    this.database = openDB<Tables>(name, 1, {
      upgrade: (database) => {
        database.createObjectStore("jobs", { keyPath: "id" });
        database.createObjectStore("plans");
        database.createObjectStore("pages");
      },
    }).catch(() => null);
  }

  /** Give `task` the plan that was made of it before, if there is one. */
  async recall(task: FileTask): Promise<void> {
    const key = fingerprintOf(this.user, task);
    await this.use(async (database) => {
      const kept = await database.get("plans", key);
      const pages = kept ? await database.getAll("pages", pagesOf(key)) : [];
      if (kept && pages.length) Object.assign(task.plan, { ...kept, pages });
    });
  }

  /** The open upload of the large file with this fingerprint. */
  async uploadOf(id: string): Promise<string | null> {
    let upload: string | null = null;
    await this.use(async (database) => void (upload = (await database.get("plans", id))?.upload ?? null));
    return upload;
  }

  /** One more page of a plan, whose first chunk has this index. */
  async keep(task: FileTask, page: BlockPage, first: number): Promise<void> {
    const { upload, base } = task.plan;
    if (upload === null) return;
    const key = fingerprintOf(this.user, task);
    await this.use(async (database) => {
      const writing = database.transaction(["plans", "pages"], "readwrite");
      if (first === 0) await writing.objectStore("pages").delete(pagesOf(key));
      await Promise.all([writing.objectStore("plans").put({ upload, base }, key), writing.objectStore("pages").put(page, [key, first]), writing.done]);
    });
  }

  forget(tasks: FileTask[]): Promise<void> {
    return this.forgetPlans(tasks.filter(({ plan }) => plan.pages.length > 0).map((task) => fingerprintOf(this.user, task)));
  }

  async forgetPlans(keys: string[]): Promise<void> {
    if (keys.length === 0) return;
    await this.use(async (database) => {
      const writing = database.transaction(["plans", "pages"], "readwrite");
      const gone = keys.flatMap((key) => [writing.objectStore("plans").delete(key), writing.objectStore("pages").delete(pagesOf(key))]);
      await Promise.all([...gone, writing.done]);
    });
  }

  /** Somebody signs in where another's session has ended by itself: what that one had begun is read by nobody any more. */
  async dropOthers(): Promise<void> {
    const own = JSON.stringify([this.user]).replace("]", ",");
    await this.use(async (database) => {
      const writing = database.transaction(["jobs", "plans", "pages"], "readwrite");
      const [jobs, plans, pages] = [writing.objectStore("jobs"), writing.objectStore("plans"), writing.objectStore("pages")];
      const others = (await jobs.getAll()).filter(({ user }) => user !== this.user);
      const plansOfOthers = (await plans.getAllKeys()).filter((key) => !key.startsWith(own));
      const gone = plansOfOthers.flatMap((key) => [plans.delete(key), pages.delete(pagesOf(key))]);
      await Promise.all([...others.map(({ id }) => jobs.delete(id)), ...gone, writing.done]);
    });
  }

  /** This person's unfinished uploads, oldest first. What is too old is removed. */
  async jobs(now: number): Promise<KeptJob[]> {
    let found: KeptJob[] = [];
    await this.use(async (database) => {
      const all = await database.getAll("jobs");
      const isOld = (job: KeptJob): boolean => now - job.at > KEPT_DAYS * 86_400_000;
      await this.dropJobs(all.filter(isOld).map(({ id }) => id));
      found = all.filter((job) => job.user === this.user && !isOld(job)).sort((one, other) => one.at - other.at);
    });
    return found;
  }

  async keepJobs(jobs: KeptJob[]): Promise<void> {
    if (jobs.length === 0) return;
    await this.use(async (database) => {
      const writing = database.transaction("jobs", "readwrite");
      await Promise.all([...jobs.map((job) => writing.store.put(job)), writing.done]);
    });
  }

  async dropJobs(ids: string[]): Promise<void> {
    if (ids.length === 0) return;
    await this.use(async (database) => {
      const writing = database.transaction("jobs", "readwrite");
      await Promise.all([...ids.map((id) => writing.store.delete(id)), writing.done]);
    });
  }

  /** Whoever was here leaves: nothing of what was uploaded can be read in this browser any more, and nothing is written down from now on. */
  async empty(): Promise<void> {
    const gone = this.use(async (database) => {
      const writing = database.transaction(["jobs", "plans", "pages"], "readwrite");
      await Promise.all([...(["jobs", "plans", "pages"] as const).map((name) => writing.objectStore(name).clear()), writing.done]);
    }, true);
    this.isOver = true;
    await gone;
  }

  private async use(act: (database: IDBPDatabase<Tables>) => Promise<void>, isLast = false): Promise<void> {
    const database = await this.database;
    if (database && (isLast || !this.isOver)) await act(database).catch(() => undefined);
  }
}
