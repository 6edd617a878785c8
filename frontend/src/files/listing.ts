/** A folder's content, read page by page: what has come is shown, the rest is on its way. */

import { keepPreviousData, type QueryClient, type QueryKey, queryOptions } from "@tanstack/react-query";
import { isCalled } from "@/addresses";
import { api, held } from "@/api/client";
import { bucketsQuery, keys } from "@/api/queries";
import type { BucketWire, FolderFactsWire, ListedEntryWire } from "@/api/schema";
import type { CheckMoved } from "@/live/journals";
import { caughtUp } from "./catching_up";
import type { Place } from "./place";

export interface Listing {
  entries: readonly ListedEntryWire[];
  folders: readonly string[]; // with their slashes
  marker: ListedEntryWire | null; // of the folder itself, where it was made as one
  isWhole: boolean;
  known: Known;
}

/** As of when a list is true, so that it need not be read again as a whole. */
export interface Known {
  sequence: number | null; // of the bucket's journal; null: nobody knows
  readonly moved: Set<string>; // files whose checks have moved since, of which no journal tells
  unsure: ListingPage | null; // the first page, if it was read before `sequence` was known
}

export interface ListingPage {
  items: ListedEntryWire[];
  prefixes: string[];
  next_cursor: string | null;
}

const FIRST_PAGE = 100; // more than one screen shows; soon there, and soon drawn
const NEXT_PAGES = 5_000; // some 20 ms of reading each: no frame of scrolling is lost for long
const SHORT = 500; // entries: so many are as soon read again
const DRAWN_MILLISECONDS = 300;
const FOLDERS_AT_ONCE = 100; // as many as the server counts in one request
const MOST_FACTS = 1_000; // of a folder with more folders than that, the rest stand there by name alone

export const listingQuery = (bucket: string, prefix: string) =>
  queryOptions({
    queryKey: keys.files(bucket, prefix),
    queryFn: ({ client, signal }) => readListing(client, bucket, prefix, signal),
    // A list of 100,000 entries is not compared with the one before it.
    structuralSharing: false,
  });

async function readListing(client: QueryClient, bucket: string, prefix: string, signal: AbortSignal): Promise<Listing> {
  const before = client.getQueryData<Listing>(keys.files(bucket, prefix));
  const isLong = before?.isWhole && before.entries.length + before.folders.length > SHORT;
  return (isLong && (await catchUp(bucket, prefix, before, signal))) || readWhole(client, bucket, prefix, signal);
}

async function catchUp(bucket: string, prefix: string, before: Listing, signal: AbortSignal): Promise<Listing | null> {
  const first = before.known.unsure && (await readPage(bucket, prefix, null, signal));
  return caughtUp(bucket, prefix, before, first);
}

async function readWhole(client: QueryClient, bucket: string, prefix: string, signal: AbortSignal): Promise<Listing> {
  const isFirst = client.getQueryData(keys.files(bucket, prefix)) === undefined;
  const sequence = client.getQueryData(bucketsQuery.queryKey)?.find((one) => one.id === bucket)?.sequence ?? null;
  const entries: ListedEntryWire[] = [];
  const folders: string[] = [];
  let marker: ListedEntryWire | null = null;
  const primed = takePrimed(bucket, prefix);
  const ref = primed?.name ?? bucket; // A cursor is good only where it was made.
  let page = await (primed?.page ?? readPage(ref, prefix, null, signal));
  const known: Known = { sequence, moved: new Set(), unsure: primed ? page : null };
  for (;;) {
    for (const entry of page.items) {
      if (entry.path === prefix) marker = entry;
      else entries.push(entry);
    }
    folders.push(...page.prefixes);
    const listing = { entries: [...entries], folders: [...folders], marker, isWhole: page.next_cursor === null, known };
    // Only where nothing is shown yet: old rows stay until the new ones are all there.
    if (isFirst) client.setQueryData(keys.files(bucket, prefix), listing);
    if (page.next_cursor === null) return (known.unsure && entries.length + folders.length > FIRST_PAGE && (await catchUp(bucket, prefix, listing, signal))) || listing;
    if (isFirst) await drawn();
    page = await readPage(ref, prefix, page.next_cursor, signal);
  }
}

/** What has come is on the screen before the page is busy with more. A hidden page draws nothing: there it takes a moment. */
const drawn = (): Promise<void> =>
  new Promise((done) => {
    const late = setTimeout(done, DRAWN_MILLISECONDS);
    requestAnimationFrame(() =>
      setTimeout(() => {
        clearTimeout(late);
        done();
      }),
    );
  });

const readPage = (bucket: string, prefix: string, cursor: string | null, signal?: AbortSignal): Promise<ListingPage> =>
  held(
    api.GET("/api/v1/buckets/{bucket}/files", {
      params: {
        path: { bucket },
        query: { prefix, delimiter: "/", limit: cursor === null ? FIRST_PAGE : NEXT_PAGES, ...(cursor === null ? {} : { cursor }) },
      },
      ...(signal ? { signal } : {}),
    }),
  );

/** Before lists are asked for again: the checks of these files have moved; null: of any. */
export function checksMoved(client: QueryClient, checks: Iterable<CheckMoved> | null): void {
  const lists = (bucket: string[]): [unknown, Listing | undefined][] => client.getQueriesData<Listing>({ queryKey: ["bucket", ...bucket], predicate: isListing });
  if (checks === null) for (const [, listing] of lists([])) if (listing) listing.known.sequence = null;
  for (const { bucket, file } of checks ?? []) for (const [, listing] of lists([bucket])) listing?.known.moved.add(file);
}

const isListing = ({ queryKey }: { queryKey: QueryKey }): boolean => queryKey[2] === "files";

/** What lies in and below `folders`: how many files, how large, how they stand. */
export const factsQuery = (bucket: string, prefix: string, folders: readonly string[]) =>
  queryOptions({
    queryKey: [...keys.folders(bucket, prefix), folders],
    queryFn: ({ signal }) => readFacts(bucket, folders, signal),
    enabled: folders.length > 0,
    placeholderData: keepPreviousData,
    structuralSharing: false,
  });

async function readFacts(bucket: string, folders: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, FolderFactsWire>> {
  const found = new Map<string, FolderFactsWire>();
  for (let first = 0; first < Math.min(folders.length, MOST_FACTS); first += FOLDERS_AT_ONCE) {
    const query = { prefix: folders.slice(first, first + FOLDERS_AT_ONCE) };
    const { items } = await held(api.GET("/api/v1/buckets/{bucket}/folders", { params: { path: { bucket }, query }, signal }));
    for (const facts of items) found.set(facts.prefix, facts);
  }
  return found;
}

// Before the buckets are known a place is known by its bucket's name only: its first page need not wait for them.
interface Primed {
  name: string;
  prefix: string;
  page: Promise<ListingPage>;
}

let primed: Primed | null = null;

export function primeListing(name: string, prefix: string): void {
  if (primed?.name === name && primed.prefix === prefix) return;
  const page = readPage(name, prefix, null);
  page.catch(() => undefined); // Told by the query, if it still takes this page.
  primed = { name, prefix, page };
}

/** `id` is of the bucket that `primeListing` knew by its name: nothing else is primed in between. */
function takePrimed(id: string, prefix: string): Primed | undefined {
  const taken = primed;
  primed = null;
  return taken?.prefix === prefix && primedAs.get(id) === taken.name ? taken : undefined;
}

const primedAs = new Map<string, string>();

/** Resolves when the first rows of `place` are known: a view that is drawn then begins with them. */
export async function openListing(client: QueryClient, buckets: readonly BucketWire[], place: Place): Promise<void> {
  const bucket = buckets.find((one) => isCalled(one, place.bucket));
  if (!bucket) return;
  nameKnown(bucket.id, place.bucket);
  const first = primed?.page;
  client.query(listingQuery(bucket.id, place.prefix)).catch(() => undefined); // Told by the view.
  await first;
}

/** Whether `data` is a list whose first page was asked for beside the list of buckets: what changed between the two nobody has told. */
export const isUnsure = (data: unknown): boolean => typeof data === "object" && data !== null && "known" in data && (data as Listing).known.unsure !== null;

/** The bucket of that name has this id. */
export const nameKnown = (id: string, name: string): void => void primedAs.set(id, name);
