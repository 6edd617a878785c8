import { useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import type { BucketWire } from "@/api/schema";
import { downloadArchive, downloadFile } from "@/details/download";
import type { FileRow, Row } from "./rows";
import type { TagChange } from "./tagging";
import { actionsOf, type Target } from "./useActions";

/** The actions on rows of any buckets: each bucket's rows are one act of that bucket. */
export function useEverywhere(bucketOf: (row: Row) => BucketWire) {
  const client = useQueryClient();
  return useMemo(() => {
    const each = <R extends Row>(rows: readonly R[], act: (bucket: BucketWire, of: R[]) => unknown): void => {
      for (const [bucket, of] of Map.groupBy(rows, bucketOf)) act(bucket, of);
    };
    return {
      rename: (row: Row, name: string): void => void actionsOf(client, bucketOf(row)).rename(row, name),
      remove: (rows: readonly Row[]): void => each(rows, (bucket, of) => actionsOf(client, bucket).remove(of)),
      move: (rows: readonly Row[], to: Target): void => each(rows, (bucket, of) => actionsOf(client, bucket).move(of, to)),
      tag: (rows: readonly FileRow[], change: TagChange): void => each(rows, (bucket, of) => actionsOf(client, bucket).tag(of, change)),
      dropped: (carried: { bucket: BucketWire; rows: readonly Row[] }, to: string, prefix: string, isCopy: boolean): void =>
        void actionsOf(client, carried.bucket).dropped(carried, to, prefix, isCopy),
      download: (rows: readonly Row[]): void => each(rows, fetchRows),
    };
  }, [client, bucketOf]);
}

function fetchRows(bucket: BucketWire, [row, ...more]: readonly Row[]): void {
  if (row?.kind === "file" && more.length === 0) downloadFile(row.entry);
  else if (row) downloadArchive(bucket.id, [row, ...more].map(({ path }) => path));
}
