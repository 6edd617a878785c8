/** One file on its way. */

import type { BucketWire, ListedEntryWire } from "@/api/schema";
import type { BlockPage } from "./reading";

export type TaskState = "waiting" | "busy" | "asking" | "done" | "failed";

/** What stands at a path already. */
export type Existing = Pick<ListedEntryWire, "version_id" | "file_id" | "size" | "content_hash" | "content_type" | "sync_status"> & { changed_at: string };

export const existingOf = (entry: ListedEntryWire): Existing => ({ ...entry, changed_at: entry.modified_at ?? entry.created_at });

/** What has been read of a file, and what the server knows of it. It outlives pauses, and in the browser's database reloads. */
export interface Plan {
  upload: string | null;
  base: string | null; // what the upload was opened to replace
  pages: BlockPage[];
}

/** How a file came to be at its end. */
export type Ending = "stored" | "same" | "healed" | "skipped";

export class FileTask {
  state: TaskState = "waiting";
  ending: Ending | null = null;
  problem: string | null = null;
  stored = 0; // bytes that are at the server, whoever sent them
  sent = 0; // bytes that travelled for it
  existing: Existing | null = null;
  /** The version that it may replace; null: there must be none. */
  base: string | null = null;
  readonly plan: Plan = { upload: null, base: null, pages: [] };
  isCancelled = false;
  waitsUntil: number | null = null;
  /** Ends what is under way for this file alone; a batch goes on without those that are cancelled. */
  controller: AbortController | null = null;

  constructor(
    readonly bucket: BucketWire,
    public path: string,
    public file: File,
    readonly fresh: (() => Promise<File>) | null = null, // the file as it is now, where the browser lets the page look again
  ) {}

  get size(): number {
    return this.file.size;
  }

  /** Whether there is something at its path that nobody has agreed to replace. */
  get isContested(): boolean {
    return this.existing !== null && this.base !== this.existing.version_id;
  }

  /** What is stored never becomes less, also where the server forgot an upload and it begins again. */
  reach(bytes: number): void {
    this.stored = Math.max(this.stored, Math.min(this.size, bytes));
  }

  /** Another file than was begun with: all that is known of the old one is void. */
  renew(file: File): void {
    this.file = file;
    this.plan.upload = null;
    this.plan.pages = [];
    this.stored = 0;
    this.sent = 0;
  }
}

/** Equal names for what is the same file going to the same place, today and after a reload. */
export const fingerprintOf = (user: string, task: FileTask): string =>
  JSON.stringify([user, task.bucket.id, task.path, task.file.size, task.file.lastModified]);

export const modifiedAt = (file: File): string => new Date(file.lastModified).toISOString();
