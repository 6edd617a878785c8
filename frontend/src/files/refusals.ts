/** Why the server refused, as people say it. */

import { ApiProblem } from "@/api/problems";
import { shownName } from "@/kit/names";
import type { Row } from "./rows";

const REASONS: Record<string, string> = {
  "version-conflict": "someone else has just changed it",
  "precondition-failed": "someone else has just changed it",
  "file-not-found": "someone else has just changed it",
  "path-taken": "something else is already there",
  "bucket-not-found": "its bucket is gone",
  "quota-exceeded": "there is no room",
  "storage-full": "there is no room",
  "too-many": "these are more than 100,000 files; go folder by folder",
  forbidden: "you may only read here",
  unreachable: "the server cannot be reached",
};

interface Conflict {
  operation: number;
  problem: string;
}

export function reasonOf(error: unknown): string {
  if (!(error instanceof ApiProblem)) throw error;
  const [conflict] = conflictsOf(error);
  const known = REASONS[conflict?.problem ?? error.slug] ?? REASONS[error.slug];
  if (known) return known;
  if (error.isPassing) return "the server does not answer";
  return error.message.replace(/\.$/, "");
}

/** For each row that was in the way, else for the first: "Could not rename NAME: someone else has just changed it". */
export function refusalsOf(error: unknown, verb: string, rows: readonly Row[]): [string, string][] {
  const reason = reasonOf(error);
  const named = error instanceof ApiProblem ? conflictsOf(error).flatMap(({ operation }) => rows[operation] ?? []) : [];
  const concerned = named.length > 0 ? named : rows.slice(0, 1);
  return concerned.map((row) => [row.key, `Could not ${verb} ${shownName(row.name)}: ${reason}`]);
}

const conflictsOf = (error: ApiProblem): Conflict[] => {
  const { conflicts } = error.document;
  return Array.isArray(conflicts) ? conflicts.filter(isConflict) : [];
};

const isConflict = (value: unknown): value is Conflict =>
  typeof value === "object" && value !== null && "operation" in value && typeof value.operation === "number" && "problem" in value && typeof value.problem === "string";
