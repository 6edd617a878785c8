/** The addresses of the page's views. Names of buckets and paths are encoded segment by segment. */

import { inAddress } from "@/api/client";

export const addresses = {
  files: (bucket: string, prefix = "") => `/b/${encodeURIComponent(bucket)}/${inAddress(prefix)}`,
  settings: (bucket: string) => `/settings/${encodeURIComponent(bucket)}`,
  search: (query = "") => (query ? `/search?q=${encodeURIComponent(query)}` : "/search"),
  trash: "/trash",
  status: "/sync-status",
  statistics: "/statistics",
  account: "/account",
  signIn: (next?: string) => (next === undefined || next === "/" ? "/sign-in" : `/sign-in?next=${encodeURIComponent(next)}`),
} as const;
