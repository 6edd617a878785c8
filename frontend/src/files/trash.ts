/** What can be taken back: files and folders that were deleted, of all buckets, the newest first. */

import { queryOptions } from "@tanstack/react-query";
import { api, held } from "@/api/client";
import { keys } from "@/api/queries";
import type { BucketWire, FileWire } from "@/api/schema";
import { parentOf } from "@/kit/names";

export interface Trashed {
  key: string;
  bucket: BucketWire;
  path: string; // a folder's ends with a slash
  deletedAt: string;
  files: readonly FileWire[]; // of a folder all that was deleted with it, its marker first
}

export const bytesOf = ({ files }: Trashed): number => files.reduce((sum, file) => sum + file.size, 0);

/** What is gone for good is the owner's to say. */
export const isOwn = ({ bucket }: Trashed): boolean => bucket.role === "owner";

const PAGE = 1_000;
const DAY = 86_400_000;

export const trashQuery = (bucket: string) =>
  queryOptions({ queryKey: keys.trash(bucket), queryFn: ({ signal }) => readTrash(bucket, signal), structuralSharing: false });

async function readTrash(bucket: string, signal: AbortSignal): Promise<FileWire[]> {
  const found: FileWire[] = [];
  let cursor: string | null = null;
  do {
    const query = { limit: PAGE, ...(cursor === null ? {} : { cursor }) };
    const page: { items: FileWire[]; next_cursor: string | null } = await held(
      api.GET("/api/v1/buckets/{bucket}/trash", { params: { path: { bucket }, query }, signal }),
    );
    found.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return found;
}

/** `files`, by path: what was deleted with its folder, at one moment, is one with it. */
export function trashedIn(bucket: BucketWire, files: readonly FileWire[]): Trashed[] {
  const found: Trashed[] = [];
  const folders = new Map<string, { trashed: Trashed; files: FileWire[] }>(); // by path and moment
  for (const file of [...files].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    const deletedAt = file.deleted_at ?? file.created_at;
    const folder = folderOf(file.path, deletedAt, folders);
    if (folder) {
      folder.files.push(file);
      continue;
    }
    const own = [file];
    const trashed = { key: `${file.file_id} ${deletedAt}`, bucket, path: file.path, deletedAt, files: own };
    found.push(trashed);
    if (file.path.endsWith("/")) folders.set(`${deletedAt} ${file.path}`, { trashed, files: own });
  }
  return found;
}

function folderOf<T>(path: string, deletedAt: string, folders: ReadonlyMap<string, T>): T | undefined {
  for (let folder = parentOf(path); folder !== ""; folder = parentOf(folder)) {
    const found = folders.get(`${deletedAt} ${folder}`);
    if (found) return found;
  }
  return undefined;
}

/** How many whole days are left before it is gone for good. */
export const daysLeft = ({ deletedAt, bucket }: Trashed, now: Date): number =>
  Math.max(0, Math.ceil((Date.parse(deletedAt) + bucket.trash_days * DAY - now.getTime()) / DAY));

export const byNewest = (a: Trashed, b: Trashed): number => (a.deletedAt < b.deletedAt ? 1 : a.deletedAt > b.deletedAt ? -1 : a.path < b.path ? -1 : 1);
