import { useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import type { BucketWire } from "@/api/schema";
import { downloadArchive, downloadFile } from "@/details/download";
import type { Row } from "./rows";
import { actionsOf, type Target } from "./useActions";

/** The actions on rows of any buckets: each bucket's rows are one act of that bucket. */
export function useEverywhere(bucketOf: (row: Row) => BucketWire) {
  const client = useQueryClient();
  return useMemo(() => {
    const each = (rows: readonly Row[], act: (bucket: BucketWire, of: Row[]) => unknown): void => {
      for (const [bucket, of] of Map.groupBy(rows, bucketOf)) act(bucket, of);
    };
    return {
      rename: (row: Row, name: string): void => void actionsOf(client, bucketOf(row)).rename(row, name),
      remove: (rows: readonly Row[]): void => each(rows, (bucket, of) => actionsOf(client, bucket).remove(of)),
      move: (rows: readonly Row[], to: Target): void => each(rows, (bucket, of) => actionsOf(client, bucket).move(of, to)),
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
