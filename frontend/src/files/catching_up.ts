/** A long list after changes: the journal says of what, and only that is asked for again. */

import { api, held } from "@/api/client";
import { ApiProblem } from "@/api/problems";
import type { ChangeWire, ListedEntryWire } from "@/api/schema";
import { readJournal } from "@/live/read_journal";
import { parentOf } from "@/kit/names";
import type { Listing, ListingPage } from "./listing";

const MOST_CHANGES = 1_000;
const MOST_ASKED = 20; // single files and folders; for more the list itself is quicker

/** Which files and folders of a list may be otherwise than it has them. */
interface Touched {
  files: Set<string>; // ids
  folders: Set<string>; // directly in it, with their slashes
}

/** `listing` as it is now; null where that takes more than reading it anew. `first`: its first page as it is now, if that is in doubt. */
export async function caughtUp(bucket: string, prefix: string, listing: Listing, first: ListingPage | null): Promise<Listing | null> {
  const { sequence, moved } = listing.known;
  if (sequence === null) return null;
  const page = await readJournal(bucket, sequence, MOST_CHANGES);
  if (page === null || page.more) return null;
  const touched = touchedBy(page.items, prefix);
  const there = new Map(listing.entries.map((entry) => [entry.file_id, entry]));
  for (const file of moved) if (there.has(file)) touched.files.add(file);
  if (first) compare(listing, there, first, touched);
  if (touched.files.size + touched.folders.size > MOST_ASKED) return null;
  const [files, folders] = await Promise.all([all(touched.files, readFile), all(touched.folders, (folder) => isThere(bucket, folder))]);
  return { ...patched(listing, prefix, files, folders), known: { sequence: page.sequence, moved: new Set(), unsure: null } };
}

/** What `changes` may have done to the list of the folder `prefix`. */
export function touchedBy(changes: readonly ChangeWire[], prefix: string): Touched {
  const touched: Touched = { files: new Set(), folders: new Set() };
  for (const { file_id: file, path, old_path: old } of changes) {
    for (const one of [path, old]) {
      if (one === null || file === null || !one.startsWith(prefix)) continue;
      const slash = one.indexOf("/", prefix.length);
      if (slash < 0) touched.files.add(file);
      else touched.folders.add(one.slice(0, slash + 1));
    }
  }
  return touched;
}

/** The first page was read before it was known how far the journal was: what differs in it has changed, or moved beyond it. */
function compare({ known: { unsure }, folders }: Listing, there: ReadonlyMap<string, ListedEntryWire>, first: ListingPage, touched: Touched): void {
  const now = new Map(first.items.map((entry) => [entry.file_id, entry.version_id]));
  for (const [file, version] of now) if (there.get(file)?.version_id !== version) touched.files.add(file);
  for (const { file_id: file } of unsure?.items ?? []) if (!now.has(file)) touched.files.add(file);
  const had = new Set(folders);
  for (const folder of first.prefixes) if (!had.has(folder)) touched.folders.add(folder);
  for (const folder of unsure?.prefixes ?? []) if (!first.prefixes.includes(folder)) touched.folders.add(folder);
}

async function all<T>(keys: ReadonlySet<string>, ask: (key: string) => Promise<T>): Promise<Map<string, T>> {
  return new Map(await Promise.all([...keys].map(async (key) => [key, await ask(key)] as const)));
}

/** Null: it is in no folder any more. */
async function readFile(file: string): Promise<ListedEntryWire | null> {
  try {
    const record = await held(api.GET("/api/v1/files/{file_id}", { params: { path: { file_id: file } } }));
    return record.deleted_at === null ? record : null;
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 404) return null;
    throw error;
  }
}

async function isThere(bucket: string, folder: string): Promise<boolean> {
  const page = await held(api.GET("/api/v1/buckets/{bucket}/files", { params: { path: { bucket }, query: { prefix: folder, limit: 1 } } }));
  return page.items.length > 0;
}

function patched(listing: Listing, prefix: string, files: ReadonlyMap<string, ListedEntryWire | null>, folders: ReadonlyMap<string, boolean>): Listing {
  const now = new Map<string, ListedEntryWire>();
  for (const [file, entry] of files) if (entry && parentOf(entry.path) === prefix && !entry.path.endsWith("/")) now.set(file, entry);
  const entries = listing.entries.flatMap((entry) => {
    if (!files.has(entry.file_id)) return [entry];
    const changed = now.get(entry.file_id);
    now.delete(entry.file_id);
    return changed ? [changed] : [];
  });
  const own = [...files].find(([file, entry]) => entry?.path === prefix || file === listing.marker?.file_id);
  return {
    ...listing,
    entries: [...entries, ...now.values()],
    // The same array while nothing in it changes: what is known of folders is kept under it.
    folders: changedFolders(listing.folders, folders),
    marker: own ? (own[1]?.path === prefix ? own[1] : null) : listing.marker,
  };
}

function changedFolders(before: readonly string[], found: ReadonlyMap<string, boolean>): readonly string[] {
  const had = new Set(before);
  if ([...found].every(([folder, is]) => is === had.has(folder))) return before;
  const added = [...found].filter(([folder, is]) => is && !had.has(folder)).map(([folder]) => folder);
  return [...before.filter((folder) => found.get(folder) !== false), ...added];
}
