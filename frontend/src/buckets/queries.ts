/** What is asked about a bucket as a whole. */

import { type QueryClient, queryOptions } from "@tanstack/react-query";
import { api, held } from "@/api/client";
import { bucketChanged, keys } from "@/api/queries";
import type { BucketWire, MemberWire, TwinsWire } from "@/api/schema";

const PURGE_MILLISECONDS = 3000;
const MOST_PAGES = 20;
const YEAR_DAYS = 366;

export const oneBucketKey = (ref: string) => [...keys.buckets, "one", ref];

/** By its name, or by its id, and then in the trash too. While it is on its way out its progress is asked for again. */
export const bucketQuery = (ref: string) =>
  queryOptions({
    queryKey: oneBucketKey(ref),
    queryFn: ({ signal }) => held(api.GET("/api/v1/buckets/{bucket}", { params: { path: { bucket: ref } }, signal })),
    refetchInterval: (query) => (query.state.data?.purge ? PURGE_MILLISECONDS : false),
  });

export const deletedBucketsQuery = queryOptions({
  queryKey: [...keys.buckets, "deleted"],
  queryFn: async ({ signal }): Promise<BucketWire[]> => (await held(api.GET("/api/v1/buckets", { params: { query: { deleted: true, limit: 1000 } }, signal }))).items,
});

export const membersQuery = (bucket: string) =>
  queryOptions({
    queryKey: [...keys.bucket(bucket), "members"],
    queryFn: async ({ signal }): Promise<MemberWire[]> =>
      (await held(api.GET("/api/v1/buckets/{bucket}/members", { params: { path: { bucket }, query: { limit: 1000 } }, signal }))).items,
  });

/** Each page looks at 10,000 paths: at most 200,000 are looked at. */
export const twinsQuery = (bucket: string) =>
  queryOptions({
    queryKey: [...keys.bucket(bucket), "twins"],
    queryFn: async ({ signal }): Promise<{ groups: TwinsWire[]; isWhole: boolean }> => {
      const groups: TwinsWire[] = [];
      let cursor: string | null = null;
      for (let page = 0; page < MOST_PAGES; page += 1) {
        const query: { limit: number; cursor?: string } = { limit: 100, ...(cursor === null ? {} : { cursor }) };
        const found: { items: TwinsWire[]; next_cursor: string | null } = await held(api.GET("/api/v1/buckets/{bucket}/twins", { params: { path: { bucket }, query }, signal }));
        groups.push(...found.items);
        cursor = found.next_cursor;
        if (cursor === null) return { groups, isWhole: true };
      }
      return { groups, isWhole: false };
    },
  });

export const statisticsQuery = (bucket?: string) =>
  queryOptions({
    queryKey: bucket === undefined ? keys.stats : [...keys.bucket(bucket), "stats"],
    queryFn: ({ signal }) => held(api.GET("/api/v1/stats", { params: { query: bucket === undefined ? {} : { bucket } }, signal })),
  });

export const growthQuery = queryOptions({
  queryKey: [...keys.stats, "growth"],
  queryFn: async ({ signal }) => (await held(api.GET("/api/v1/stats/growth", { params: { query: { days: YEAR_DAYS } }, signal }))).items,
});

/** Its title, its name, or whether it is there at all: places and settings read it again. */
export async function bucketsChanged(client: QueryClient, bucket: string): Promise<void> {
  await client.invalidateQueries({ queryKey: keys.buckets });
  void bucketChanged(client, bucket);
  void client.invalidateQueries({ queryKey: keys.stats });
}
