/** Moves to another bucket, and copies: the server does them file by file, so folders are read first. */

import { api, held } from "@/api/client";
import type { ListedEntryWire } from "@/api/schema";
import { parentOf } from "@/kit/names";
import type { Planned } from "./commits";
import type { Row } from "./rows";

const PAGE = 10_000;

/** Every file of `rows` into the folder `prefix` of the bucket `to`. */
export async function movesBetween(from: string, rows: readonly Row[], to: string, prefix: string): Promise<Planned[]> {
  return carried(from, rows, prefix, (entry, path) => ({
    op: "move",
    file_id: entry.file_id,
    base_version: entry.version_id,
    to: path,
    to_bucket: to,
  }));
}

export async function copiesBetween(from: string, rows: readonly Row[], prefix: string): Promise<Planned[]> {
  return carried(from, rows, prefix, (entry, path) =>
    path.endsWith("/") ? { op: "folder", path } : { op: "copy", path: entry.path, from_bucket: from, to: path },
  );
}

async function carried(
  from: string,
  rows: readonly Row[],
  prefix: string,
  operation: (entry: ListedEntryWire, to: string) => Planned["operation"],
): Promise<Planned[]> {
  const planned: Planned[] = [];
  for (const row of rows) {
    const entries = row.kind === "file" ? [row.entry] : await allBelow(from, row.path);
    const cut = parentOf(row.path).length;
    for (const entry of entries) planned.push({ path: entry.path, operation: operation(entry, prefix + entry.path.slice(cut)) });
  }
  return planned;
}

async function allBelow(bucket: string, prefix: string): Promise<ListedEntryWire[]> {
  const found: ListedEntryWire[] = [];
  let cursor: string | null = null;
  do {
    const query = { prefix, limit: PAGE, ...(cursor === null ? {} : { cursor }) };
    const page: { items: ListedEntryWire[]; next_cursor: string | null } = await held(
      api.GET("/api/v1/buckets/{bucket}/files", { params: { path: { bucket }, query } }),
    );
    found.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return found;
}
