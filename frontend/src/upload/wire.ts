/** The upload routes of the API, as the engine speaks to them. */

import { api, held } from "@/api/client";
import { isProblem } from "@/api/problems";
import type { CommitsAnswer, FileAnswer, ListedEntryWire } from "@/api/schema";
import type { Blocks } from "./reading";
import { ID_BYTES } from "./reading";
import { hexOf } from "./sha256";

export const PAGE_CHUNKS = 10_000;
const LISTED = 10_000;

export interface Chunk {
  id: string;
  size: number;
}

export interface Target {
  bucket: string;
  path: string;
  size: number;
  modified_at: string;
  content_type: string;
  base_version: string | null;
}

export type Operation =
  | { op: "put"; path: string; chunks: Chunk[]; modified_at: string; content_type: string; base_version: string | null }
  | { op: "folder"; path: string };

export const chunksOf = ({ ids, sizes }: Blocks): Chunk[] =>
  sizes.map((size, index) => ({ id: hexOf(ids.subarray(ID_BYTES * index, ID_BYTES * (index + 1))), size }));

/** A new upload, and which of these first chunks must be sent. */
export const open = async (target: Target, chunks: Chunk[], signal: AbortSignal): Promise<{ id: string; missing: string[] }> => {
  const { upload_id, missing } = await held(api.POST("/api/v1/uploads", { body: { ...target, executable: false, kind: "file", chunks }, signal }));
  return { id: upload_id, missing };
};

/** An upload for a batch of small files. */
export const openBatch = async (signal: AbortSignal): Promise<string> =>
  (await held(api.POST("/api/v1/uploads", { body: {} as never, signal }))).upload_id;

/** Plan more chunks; which of them must be sent. */
export const plan = async (upload: string, first: number, chunks: Chunk[], signal: AbortSignal): Promise<string[]> =>
  (await held(api.PATCH("/api/v1/uploads/{upload_id}", { params: { path: { upload_id: upload } }, body: { first_index: first, chunks }, signal }))).missing;

/** All planned blocks that have not arrived, or null where the upload is no more. */
export async function missingOf(upload: string, signal: AbortSignal): Promise<Set<string> | null> {
  const missing = new Set<string>();
  let cursor: string | null = null;
  do {
    const page: { state: string; missing: string[]; next_cursor: string | null } | null = await found(
      held(api.GET("/api/v1/uploads/{upload_id}", { params: { path: { upload_id: upload }, query: cursor === null ? {} : { cursor } }, signal })),
    );
    if (page?.state !== "open") return null;
    for (const id of page.missing) missing.add(id);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return missing;
}

/** The share of the upload that is here; null where it is no more. */
export async function shareOf(upload: string): Promise<number | null> {
  const answer = await found(held(api.GET("/api/v1/uploads/{upload_id}", { params: { path: { upload_id: upload }, query: { limit: 1 } } })));
  return answer?.state === "open" ? answer.received_bytes / Math.max(1, answer.size ?? 1) : null;
}

export const commit = (upload: string, signal: AbortSignal): Promise<FileAnswer> =>
  held(api.POST("/api/v1/uploads/{upload_id}/commit", { params: { path: { upload_id: upload } }, signal }));

export const commitAll = (bucket: string, upload: string, operations: Operation[], signal: AbortSignal): Promise<CommitsAnswer> => {
  const body = { upload_id: upload, operations: operations as never };
  return held(api.POST("/api/v1/buckets/{bucket}/commits", { params: { path: { bucket } }, body, signal }));
};

/** Whether any part of this person's files is damaged or missing. */
export const isAnythingWanted = async (signal: AbortSignal): Promise<boolean> =>
  (await held(api.GET("/api/v1/sync/wanted", { params: { query: { limit: 1 } }, signal }))).items.length > 0;

/** What arrived is given up; one that is no more is fine. */
export const abort = async (upload: string): Promise<void> => {
  await found(api.DELETE("/api/v1/uploads/{upload_id}", { params: { path: { upload_id: upload } } }));
};

/** The live files whose path begins with `prefix`, all of them or at most `most`. */
export async function filesBelow(bucket: string, prefix: string, signal: AbortSignal, delimiter = "", most = Infinity): Promise<ListedEntryWire[]> {
  const files: ListedEntryWire[] = [];
  let cursor: string | null = null;
  do {
    const query = { prefix, delimiter, limit: Math.min(LISTED, most), ...(cursor === null ? {} : { cursor }) };
    const page: { items: ListedEntryWire[]; next_cursor: string | null } = await held(
      api.GET("/api/v1/buckets/{bucket}/files", { params: { path: { bucket }, query }, signal }),
    );
    files.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor !== null && files.length < most);
  return files;
}

async function found<T>(call: Promise<T>): Promise<T | null> {
  try {
    return await call;
  } catch (error) {
    if (isProblem(error, "upload-not-found") || isProblem(error, "upload-ended")) return null;
    throw error;
  }
}
