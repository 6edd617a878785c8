import { useQueries, useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { api, held } from "@/api/client";
import { isProblem } from "@/api/problems";
import { bucketChanged, bucketsQuery, keys } from "@/api/queries";
import type { BucketWire } from "@/api/schema";
import { counted } from "@/kit/format";
import { showToast } from "@/kit/toast";
import { baseOf, parentOf } from "@/kit/names";
import { commit } from "./commits";
import { reasonOf } from "./refusals";
import { byNewest, type Trashed, trashedIn, trashQuery } from "./trash";
import { takeBack } from "./undo";

const FILES_AT_ONCE = 100; // as many as the server takes in one request

/** All that can be taken back, of all buckets that one may change. */
export function useTrash() {
  const buckets = useQuery(bucketsQuery);
  const writable = useMemo(() => (buckets.data ?? []).filter((bucket) => bucket.role !== "viewer"), [buckets.data]);
  const trashes = useQueries({ queries: writable.map((bucket) => trashQuery(bucket.id)) });
  const trashed = writable.flatMap((bucket, index) => trashedIn(bucket, trashes[index]?.data ?? [])).sort(byNewest);
  const failed = [buckets, ...trashes].find((query) => query.error && !query.data);
  return { trashed, buckets: writable, isPending: buckets.isPending || trashes.some((one) => one.isPending), failed };
}

/** "taken": its place is; undefined: it is back; else why not. */
export type Restored = "taken" | undefined | { why: string };

export function useTrashActs() {
  const client = useQueryClient();
  return useMemo(
    () => ({
      /** To its place, or to the path `to`. */
      async restore(trashed: Trashed, to?: string): Promise<Restored> {
        const { bucket, files, path } = trashed;
        try {
          const planned = files.map((file) => ({
            path: file.path,
            operation: { op: "restore" as const, file_id: file.file_id, ...(to === undefined ? {} : { to: to + file.path.slice(path.length) }) },
          }));
          const done = await commit(bucket.id, planned);
          const undo = async (): Promise<void> => {
            await takeBack(done);
            await told(client, bucket);
          };
          const folder = parentOf(to ?? path);
          showToast({ text: "Restored", name: baseOf(to ?? path), into: folder === "" ? bucket.title || bucket.name : baseOf(folder), undo });
          return undefined;
        } catch (error) {
          if (isProblem(error, "path-taken")) return "taken";
          return { why: reasonOf(error) };
        } finally {
          void told(client, bucket);
        }
      },

      /** For good. What was deleted again since it was shown stays. */
      async purge(trashed: readonly Trashed[]): Promise<{ why: string } | undefined> {
        const byBucket = Map.groupBy(trashed, ({ bucket }) => bucket);
        try {
          for (const [bucket, of] of byBucket) await purged(bucket, of);
          showToast({ text: `Deleted ${counted(trashed.length, "item")} for good` });
          return undefined;
        } catch (error) {
          return { why: reasonOf(error) };
        } finally {
          for (const bucket of byBucket.keys()) void told(client, bucket);
        }
      },

      /** What was deleted until now, of every bucket; in slices, until nothing is left. */
      async empty(buckets: readonly BucketWire[]): Promise<{ why: string } | undefined> {
        const until = new Date().toISOString();
        try {
          for (const bucket of buckets) {
            let isMore = true;
            while (isMore) {
              const call = api.DELETE("/api/v1/buckets/{bucket}/trash", { params: { path: { bucket: bucket.id }, query: { until } } });
              isMore = (await held(call)).is_more;
            }
          }
          return undefined;
        } catch (error) {
          return { why: reasonOf(error) };
        } finally {
          for (const bucket of buckets) void told(client, bucket);
        }
      },
    }),
    [client],
  );
}

async function purged(bucket: BucketWire, trashed: readonly Trashed[]): Promise<void> {
  const until = trashed.map(({ deletedAt }) => deletedAt).reduce((a, b) => (a > b ? a : b));
  const files = trashed.flatMap((one) => one.files.map((file) => file.file_id));
  for (let first = 0; first < files.length; first += FILES_AT_ONCE) {
    const query = { until, file_id: files.slice(first, first + FILES_AT_ONCE) };
    while ((await held(api.DELETE("/api/v1/buckets/{bucket}/trash", { params: { path: { bucket: bucket.id }, query } }))).is_more);
  }
}

async function told(client: QueryClient, bucket: BucketWire): Promise<void> {
  await Promise.all([bucketChanged(client, bucket.id), client.invalidateQueries({ queryKey: keys.buckets }), client.invalidateQueries({ queryKey: keys.usage })]);
}
