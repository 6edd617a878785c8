import type { ChangeWire } from "@/api/schema";
import type { Hint, Sequences } from "./hints";

const PAGE = 1000;
const READ_AT_MOST = 5 * PAGE; // beyond so many changes the whole bucket is looked at again instead

export interface JournalPage {
  items: ChangeWire[];
  sequence: number;
  more: boolean;
}

/** `bucket` null: the caller's root journal. Null where it does not reach back that far, or the bucket is gone. */
export type ReadJournal = (bucket: string | null, after: number, limit: number) => Promise<JournalPage | null>;

/** A file whose check has moved. */
export interface CheckMoved {
  bucket: string;
  file: string;
}

/** What has happened: `changes` in order; `whole`: buckets of which only that is known that much has changed. */
export interface News {
  changes: ChangeWire[];
  whole: Set<string>;
  everything: boolean;
  checks: Map<string, CheckMoved> | "any"; // "any": nobody listened for a while, and no journal tells of checks
}

const noNews = (): News => ({ changes: [], whole: new Set(), everything: false, checks: new Map() });

const ROOT = "";

/** How far every journal has been told and read. A hint only says that there is more to read, so that losing one loses nothing. */
export class Journals {
  private told = new Map<string, number>();
  private read = new Map<string, number>();
  private news = noNews();
  private isFirst = true;

  hear(hint: Hint): void {
    if (hint.kind === "all") this.hearAll(hint.sequences);
    else if (hint.kind === "journal") this.hearOne(hint.bucket, hint.sequence);
    else if (hint.kind === "root") this.hearOne(ROOT, hint.sequence);
    else if (hint.kind === "look-again") this.news.everything = true;
    else if (hint.file !== null && this.news.checks !== "any") this.news.checks.set(hint.file, { bucket: hint.bucket, file: hint.file });
  }

  /** What was loaded shows this bucket as of `sequence`; only the first such word counts. */
  loadedAt(bucket: string, sequence: number): void {
    if (!this.read.has(bucket)) this.read.set(bucket, sequence);
  }

  get sequences(): Sequences {
    const buckets = new Map(this.told);
    buckets.delete(ROOT);
    return { root: this.told.get(ROOT) ?? 0, buckets };
  }

  /** Everything since the last call. Throws what `read` throws: then all that was not read, or not told, comes with the next call. */
  async catchUp(read: ReadJournal): Promise<News> {
    for (const [journal, told] of [...this.told]) await this.catchUpWith(journal, told, read);
    const news = this.news;
    this.news = noNews();
    return news;
  }

  private hearAll({ root, buckets }: Sequences): void {
    if (!this.isFirst) this.news.checks = "any";
    this.isFirst = false;
    this.hearOne(ROOT, root);
    for (const [bucket, sequence] of buckets) this.hearOne(bucket, sequence);
  }

  private hearOne(journal: string, sequence: number): void {
    this.told.set(journal, Math.max(sequence, this.told.get(journal) ?? 0));
    // What is new to this page is loaded later than it is told.
    if (!this.read.has(journal)) this.read.set(journal, sequence);
  }

  private async catchUpWith(journal: string, told: number, read: ReadJournal): Promise<void> {
    let after = this.read.get(journal) ?? told;
    if (told - after > READ_AT_MOST) {
      this.skip(journal, told);
      return;
    }
    while (after < told) {
      const page = await read(journal === ROOT ? null : journal, after, PAGE);
      if (page === null) {
        this.skip(journal, told);
        return;
      }
      this.news.changes.push(...page.items);
      after = Math.max(page.sequence, page.more ? 0 : told);
      this.read.set(journal, after);
    }
  }

  private skip(journal: string, told: number): void {
    this.read.set(journal, told);
    if (journal === ROOT) this.news.everything = true;
    else this.news.whole.add(journal);
  }
}
