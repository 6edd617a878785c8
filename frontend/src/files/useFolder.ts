import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import type { BucketWire, FolderFactsWire, ListedEntryWire } from "@/api/schema";
import { factsQuery, type Listing, listingQuery } from "./listing";
import { patched, usePatches } from "./patches";
import { fileRow, folderRow, type Row } from "./rows";
import { type Order, sorted } from "./sorting";

// A list that grows or is read again has most of its entries unchanged: their rows stay the same.
const rowsOf = new WeakMap<ListedEntryWire, Row>();

const NO_FACTS: ReadonlyMap<string, FolderFactsWire> = new Map();

/** The rows of a folder, in order, with what was just done to them, and how far they are read. */
export function useFolder(bucket: BucketWire, prefix: string, order: Order) {
  const listing = useQuery(listingQuery(bucket.id, prefix));
  const folders = listing.data?.folders;
  const facts = useQuery(factsQuery(bucket.id, prefix, folders ?? [])).data ?? NO_FACTS;
  const { column, isDescending } = order;
  const rows = useMemo(
    () => (listing.data ? sorted(rowsIn(listing.data, facts), { column, isDescending }) : []),
    [listing.data, facts, column, isDescending],
  );
  const patches = usePatches().filter((patch) => patch.bucket === bucket.id && patch.prefix === prefix);
  const shown = patches.length === 0 ? rows : patched(rows, patches, order);
  const own = useMemo(() => new Set(patches.flatMap((patch) => patch.plus.map((row) => row.key))), [patches]);
  return { listing, rows: shown, facts, own };
}

function rowsIn(listing: Listing, facts: ReadonlyMap<string, FolderFactsWire>): Row[] {
  const files = listing.entries.map((entry) => {
    const row = rowsOf.get(entry) ?? fileRow(entry);
    rowsOf.set(entry, row);
    return row;
  });
  return [...listing.folders.map((path) => folderRow(path, facts.get(path))), ...files];
}

/** The newest rows, or while something is under way with them, those from before it, and how many changes wait. */
export function useHeld(rows: readonly Row[], isBusy: boolean): { rows: readonly Row[]; waiting: number } {
  const [held, setHeld] = useState<readonly Row[] | null>(null);
  if (isBusy && held === null) setHeld(rows);
  if (!isBusy && held !== null) setHeld(null);
  const shown = isBusy && held !== null ? held : rows;
  const waiting = useMemo(() => (shown === rows ? 0 : changedKeys(shown, rows).length), [shown, rows]);
  return { rows: shown, waiting };
}

const SHOWN_MILLISECONDS = 2_500; // a little longer than it fades, so that nothing breaks off
const NOBODY: ReadonlySet<string> = new Set();

/** What others have just put or changed, while it fades. */
export function useFresh(rows: readonly Row[], own: ReadonlySet<string>, isWhole: boolean): ReadonlySet<string> {
  const [fresh, setFresh] = useState(NOBODY);
  const before = useRef<{ rows: readonly Row[]; own: ReadonlySet<string> } | null>(null);
  useEffect(() => {
    const last = before.current;
    before.current = isWhole ? { rows, own } : null;
    if (!last || !isWhole || last.rows === rows) return;
    const keys = changedKeys(last.rows, rows).filter((key) => !own.has(key) && !last.own.has(key));
    if (keys.length === 0) return;
    setFresh((now) => new Set([...now, ...keys]));
    // Each by itself: what changes a moment later must not end what fades already.
    const over = new Set(keys);
    setTimeout(() => setFresh((now) => new Set([...now].filter((key) => !over.has(key)))), SHOWN_MILLISECONDS);
  }, [rows, own, isWhole]);
  return fresh;
}

/** Keys of rows that are new or changed in `after`, and of those that are gone. */
export function changedKeys(before: readonly Row[], after: readonly Row[]): string[] {
  const old = new Map(before.map((row) => [row.key, versionOf(row)]));
  const changed = after.filter((row) => old.get(row.key) !== versionOf(row)).map((row) => row.key);
  const there = new Set(after.map((row) => row.key));
  return [...changed, ...[...old.keys()].filter((key) => !there.has(key))];
}

const versionOf = (row: Row): string => (row.kind === "folder" ? row.path : `${row.entry.version_id} ${row.path}`);
