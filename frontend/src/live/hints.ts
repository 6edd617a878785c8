/** What the server's stream of hints says (GET /events). A hint may be lost or late: the journal that is read then is the truth. */

export interface Sequences {
  root: number;
  buckets: ReadonlyMap<string, number>;
}

export type Hint =
  | { kind: "all"; sequences: Sequences } // the first of every stream
  | { kind: "journal"; bucket: string; sequence: number }
  | { kind: "root"; sequence: number }
  | { kind: "event"; bucket: string; file: string | null }
  | { kind: "look-again" };

/** One message; null for what this page does not know. */
export function hintOf(text: string): Hint | null {
  const message = documentOf(text);
  if (message === null) return null;
  const { root_sequence: root, buckets, bucket_id: bucket, sequence, event_id: event, file_id: file } = message;
  if (typeof root === "number" && Array.isArray(buckets)) return { kind: "all", sequences: { root, buckets: new Map(buckets.flatMap(entryOf)) } };
  if (typeof root === "number") return { kind: "root", sequence: root };
  if (typeof event === "string" && typeof bucket === "string") return { kind: "event", bucket, file: typeof file === "string" ? file : null };
  if (typeof bucket === "string" && typeof sequence === "number") return { kind: "journal", bucket, sequence };
  return message["look_again"] === true ? { kind: "look-again" } : null;
}

function documentOf(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function entryOf(value: unknown): [string, number][] {
  if (typeof value !== "object" || value === null) return [];
  const { bucket_id: bucket, sequence } = value as Record<string, unknown>;
  return typeof bucket === "string" && typeof sequence === "number" ? [[bucket, sequence]] : [];
}
