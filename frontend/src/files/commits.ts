/** Changes of a bucket's files: sent as commits, all or nothing, and what takes them back. */

import { api, held } from "@/api/client";
import type { paths } from "@/api/schema";
import type { FileRow, Row } from "./rows";
import type { Tagged } from "./tagging";

type Commits = paths["/api/v1/buckets/{bucket}/commits"]["post"];
export type Operation = Commits["requestBody"]["content"]["application/json"]["operations"][number];
export type Commit = Commits["responses"]["200"]["content"]["application/json"];
type Result = Commit["results"][number];

const MOST_OPERATIONS = 1_000; // of one commit

/** What was done, in which bucket, and how each of it went. */
export interface Done {
  bucket: string;
  planned: readonly Planned[];
  answer: Commit;
}

export interface Planned {
  operation: Operation;
  path: string; // as it is before
  tags?: Tagged; // likewise, where they change
}

/** Thousands by thousands, in order: each thousand is all or nothing. */
export async function commit(bucket: string, planned: readonly Planned[]): Promise<Done[]> {
  const done: Done[] = [];
  for (let first = 0; first < planned.length; first += MOST_OPERATIONS) {
    const part = planned.slice(first, first + MOST_OPERATIONS);
    const operations = part.map(({ operation }) => operation);
    const call = api.POST("/api/v1/buckets/{bucket}/commits", { params: { path: { bucket } }, body: { operations } });
    done.push({ bucket, planned: part, answer: await held(call) });
  }
  return done;
}

/** What takes `done` back: its group where it is one, else one operation for each. */
export function inverse({ planned, answer, bucket }: Done): { bucket: string; operations: Operation[] } {
  const target = planned.map(({ operation }) => operation).find((one) => one.op === "move" && one.to_bucket);
  // A group is of one bucket: what went to another one comes back from there.
  if (answer.group && !target) return { bucket, operations: [{ op: "restore_prefix", group: answer.group }] };
  const back = answer.results.flatMap((result, index) => opposite(planned[index], result, bucket));
  return { bucket: target?.op === "move" ? (target.to_bucket ?? bucket) : bucket, operations: back.reverse() };
}

function opposite(planned: Planned | undefined, result: Result, bucket: string): Operation[] {
  if ("files" in result) return result.files > 0 ? [{ op: "restore_prefix", group: result.group }] : [];
  const { operation, path = "", tags } = planned ?? {};
  switch (operation?.op) {
    case "delete":
      return [{ op: "restore", file_id: result.file_id }];
    case "move":
      return [{ op: "move", file_id: result.file_id, to: path, ...(operation.to_bucket ? { to_bucket: bucket } : {}) }];
    case "describe":
      return tags ? [{ op: "describe", file_id: result.file_id, tags, base_version: result.version_id }] : [];
    case "copy":
    case "folder":
    case "restore":
      return [{ op: "delete", file_id: result.file_id }];
    default:
      return [];
  }
}

export const deletion = (row: Row): Planned => ({
  path: row.path,
  operation:
    row.kind === "folder"
      ? { op: "delete_prefix", prefix: row.path }
      : { op: "delete", file_id: row.entry.file_id, base_version: row.entry.version_id },
});

/** `row` to the path `to`, of the same bucket; a folder's ends with a slash. */
export const moving = (row: Row, to: string): Planned => ({
  path: row.path,
  operation:
    row.kind === "folder"
      ? { op: "move_prefix", prefix: row.path, to }
      : { op: "move", file_id: row.entry.file_id, to, base_version: row.entry.version_id },
});

export const tagging = ({ path, entry }: FileRow, tags: Tagged): Planned => ({
  path,
  tags: entry.tags,
  operation: { op: "describe", file_id: entry.file_id, tags, base_version: entry.version_id },
});
