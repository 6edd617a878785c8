import { hashKey, type Query, type QueryClient } from "@tanstack/react-query";
import { ApiProblem } from "@/api/problems";
import { bucketsQuery } from "@/api/queries";
import { checksMoved, isUnsure } from "@/files/listing";
import { Batches } from "./batches";
import { electByLock, openChannel } from "./browser";
import type { Hint } from "./hints";
import { Journals, type News } from "./journals";
import { readJournal } from "./read_journal";
import { keepReading } from "./stream";
import { LiveTab } from "./tab";
import { Stale } from "./touched";

const BETWEEN_MILLISECONDS = 300;
const HIDDEN_MILLISECONDS = 30_000; // somebody who looks at another tab for a moment finds this one as it is

/** Keeps what one page shows as the server has it, until `signal` is aborted. A hidden page rests; what it missed it reads when it is looked at. */
export class LivePage {
  private readonly journals = new Journals();
  private readonly batches: Batches;
  private looking: AbortController | null = null;
  private resting = 0;
  private isFirst = true;

  constructor(private readonly client: QueryClient) {
    this.batches = new Batches(() => this.catchUp(), BETWEEN_MILLISECONDS);
  }

  start(signal: AbortSignal): void {
    this.loaded();
    const buckets = hashKey(bucketsQuery.queryKey);
    signal.addEventListener("abort", this.client.getQueryCache().subscribe(({ query }) => query.queryHash === buckets && this.loaded()));
    document.addEventListener("visibilitychange", () => this.look(), { signal });
    signal.addEventListener("abort", () => {
      clearTimeout(this.resting);
      this.looking?.abort();
    });
    this.look();
  }

  private look(): void {
    clearTimeout(this.resting);
    if (document.visibilityState === "hidden") this.resting = window.setTimeout(() => this.rest(), HIDDEN_MILLISECONDS);
    else if (!this.looking) this.open();
  }

  private rest(): void {
    this.looking?.abort();
    this.looking = null;
  }

  private open(): void {
    this.looking = new AbortController();
    const onHint = (hint: Hint): void => this.hear(hint);
    const parts = { channel: openChannel(), elect: electByLock, read: keepReading, onHint, sequences: () => this.journals.sequences };
    new LiveTab(parts).start(this.looking.signal);
  }

  /** The list of buckets as it came first: whatever else is read of them is read later, but for the first list, which may be older. */
  private loaded(): void {
    for (const bucket of this.client.getQueryData(bucketsQuery.queryKey) ?? []) this.journals.loadedAt(bucket.id, bucket.sequence);
  }

  private hear(hint: Hint): void {
    if (this.isFirst) void this.client.invalidateQueries({ predicate: (query) => isUnsure(query.state.data) }, { cancelRefetch: false });
    this.isFirst = false;
    this.journals.hear(hint);
    this.batches.ask();
  }

  private async catchUp(): Promise<void> {
    let news: News;
    try {
      news = await this.journals.catchUp(readJournal);
    } catch (error) {
      // The next stream begins with all sequences, and then it is read.
      if (!(error instanceof ApiProblem)) throw error;
      return;
    }
    checksMoved(this.client, news.everything || news.checks === "any" ? null : news.checks.values());
    await this.loadAgain(new Stale(news, (bucket) => this.namesOf(bucket)));
  }

  private async loadAgain(stale: Stale): Promise<void> {
    const predicate = (query: Query): boolean => stale.has(query.queryKey, (file) => idsIn(query.state.data).has(file));
    await this.client.invalidateQueries({ predicate });
  }

  private namesOf(bucket: string): string[] {
    const found = this.client.getQueryData(bucketsQuery.queryKey)?.find((one) => one.id === bucket);
    return found ? [bucket, found.name] : [bucket];
  }
}

const known = new WeakMap<object, ReadonlySet<string>>();

/** All file ids anywhere in what a query has loaded. */
function idsIn(data: unknown): ReadonlySet<string> {
  if (typeof data !== "object" || data === null) return new Set();
  const found = known.get(data);
  if (found) return found;
  const ids = new Set<string>();
  collect(data, ids);
  known.set(data, ids);
  return ids;
}

function collect(value: unknown, ids: Set<string>): void {
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) for (const item of value) collect(item, ids);
  else if ("file_id" in value && typeof value.file_id === "string") ids.add(value.file_id); // Nothing of a file holds another.
  else for (const held of Object.values(value)) collect(held, ids);
}
