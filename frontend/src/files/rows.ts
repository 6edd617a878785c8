/** What a list shows: folders and files of one place, each under a key that stays while the list is sorted or read again. */

import type { FolderFactsWire, ListedEntryWire } from "@/api/schema";
import { baseOf } from "@/kit/names";

export interface FolderRow {
  kind: "folder";
  key: string;
  path: string; // with its slash
  name: string;
  facts: FolderFactsWire | undefined; // until they are known
}

export interface FileRow {
  kind: "file";
  key: string;
  path: string;
  name: string;
  entry: ListedEntryWire;
  where?: readonly string[]; // the bucket's title and the folders on the way, where the list is not of one folder
}

export type Row = FolderRow | FileRow;

export const folderRow = (path: string, facts?: FolderFactsWire): FolderRow => ({ kind: "folder", key: path, path, name: baseOf(path), facts });

export const fileRow = (entry: ListedEntryWire): FileRow => ({ kind: "file", key: entry.file_id, path: entry.path, name: baseOf(entry.path), entry });

export const changedAt = (row: Row): string | null =>
  row.kind === "folder" ? (row.facts?.changed_at ?? null) : (row.entry.modified_at ?? row.entry.created_at);

export const sizeOf = (row: Row): number => (row.kind === "folder" ? (row.facts?.logical_bytes ?? 0) : row.entry.size);

/** Where the suffix begins: what is before it is what a rename selects. */
export function stemLength(name: string): number {
  const dot = name.lastIndexOf(".");
  return dot > 0 ? dot : name.length;
}
