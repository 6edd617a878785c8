/** What the page asks the server for, each under one key, so that a hint can say what is old. */

import { type QueryClient, queryOptions } from "@tanstack/react-query";
import { api, held } from "./client";
import type { BucketWire } from "./schema";

/** Keys begin with what they are about; everything of a bucket begins with ["bucket", id]. */
export const keys = {
  me: ["me"],
  buckets: ["buckets"],
  bucket: (bucket: string) => ["bucket", bucket],
  files: (bucket: string, prefix: string) => ["bucket", bucket, "files", prefix],
  folders: (bucket: string, prefix: string) => ["bucket", bucket, "folders", prefix],
  file: (bucket: string, file: string) => ["bucket", bucket, "file", file],
  versions: (bucket: string, file: string) => ["bucket", bucket, "file", file, "versions"],
  trash: (bucket: string) => ["bucket", bucket, "trash"],
  search: (filters: string) => ["search", filters],
  summary: ["sync", "summary"],
  usage: ["usage"],
  stats: ["stats"],
  devices: ["devices"],
  tokens: ["tokens"],
} as const;

export const meQuery = queryOptions({ queryKey: keys.me, queryFn: () => held(api.GET("/api/v1/me")), staleTime: 60_000 });

export const bucketsQuery = queryOptions({ queryKey: keys.buckets, queryFn: allBuckets });

export const usageQuery = queryOptions({ queryKey: keys.usage, queryFn: () => held(api.GET("/api/v1/account/usage")) });

export const summaryQuery = queryOptions({ queryKey: keys.summary, queryFn: () => held(api.GET("/api/v1/sync/summary")) });

async function allBuckets(): Promise<BucketWire[]> {
  const found: BucketWire[] = [];
  let cursor: string | null = null;
  do {
    const page: { items: BucketWire[]; next_cursor: string | null } = await held(
      api.GET("/api/v1/buckets", { params: { query: { limit: 1000, ...(cursor === null ? {} : { cursor }) } } }),
    );
    found.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return found;
}

/** What is shown of a bucket is old: ask again for what is on the screen, and later for the rest. */
export const bucketChanged = (client: QueryClient, bucket: string): Promise<void> => client.invalidateQueries({ queryKey: keys.bucket(bucket) });
