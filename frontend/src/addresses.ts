/** The addresses of the page's views. Names of buckets and paths are encoded segment by segment. */

import { inAddress } from "@/api/client";
import type { BucketWire } from "@/api/schema";

export const addresses = {
  files: (bucket: string, prefix = "") => `/b/${encodeURIComponent(bucket)}/${inAddress(prefix)}`,
  settings: (bucket: string) => `/settings/${encodeURIComponent(bucket)}`,
  search: (query = "") => (query ? `/search?q=${encodeURIComponent(query)}` : "/search"),
  searchIn: (bucket: string, folder: string) => `/search?${new URLSearchParams({ bucket, ...(folder === "" ? {} : { folder }) }).toString()}`,
  trash: "/trash",
  status: "/sync-status",
  statistics: "/statistics",
  account: "/account",
  signIn: (next?: string) => (next === undefined || next === "/" ? "/sign-in" : `/sign-in?next=${encodeURIComponent(next)}`),
} as const;

/** What a bucket is called in addresses: one's own by its name; another's by its id, for its name may be that of one's own. */
export const refOf = (bucket: Pick<BucketWire, "id" | "name" | "role">): string => (bucket.role === "owner" ? bucket.name : bucket.id);

/** The bucket that `ref` calls so. */
export const isCalled = (bucket: Pick<BucketWire, "id" | "name" | "role">, ref: string): boolean => bucket.id === ref || refOf(bucket) === ref;
