import { api, held } from "@/api/client";
import { ApiProblem } from "@/api/problems";
import type { JournalPage } from "./journals";

/** Of a bucket, or the caller's own where `bucket` is null. Null where it does not reach back so far, or there is no such bucket any more. */
export async function readJournal(bucket: string | null, after: number, limit: number): Promise<JournalPage | null> {
  const query = { after, limit };
  try {
    if (bucket === null) return await held(api.GET("/api/v1/changes", { params: { query } }));
    return await held(api.GET("/api/v1/buckets/{bucket}/changes", { params: { path: { bucket }, query } }));
  } catch (error) {
    if (error instanceof ApiProblem && (error.status === 404 || error.status === 410)) return null;
    throw error;
  }
}
