import { useQuery } from "@tanstack/react-query";
import type { FileRecordWire } from "@/api/schema";
import { Problem } from "@/kit";
import { formatCount } from "@/kit/format";
import { ChunkMap } from "./ChunkMap";
import styles from "./Panel.module.css";
import { partsOf } from "./parts";
import { partsQuery, versionsQuery, wantedQuery } from "./queries";

const NONE: ReadonlySet<string> = new Set();

/** The map of a file's parts. What it shares with the version before is seen by the parts of that. */
export function Parts({ bucket, record }: { bucket: string; record: FileRecordWire }) {
  const own = useQuery(partsQuery(bucket, record.file_id, record.version_id));
  const versions = useQuery(versionsQuery(bucket, record.file_id)).data?.items ?? [];
  const before = versions.find((version) => version.version_id !== record.version_id && version.num_chunks > 0);
  const earlier = useQuery({ ...partsQuery(bucket, record.file_id, before?.version_id ?? ""), enabled: before !== undefined });
  const wanted = useQuery({ ...wantedQuery, enabled: record.sync_status === "failed" });
  if (record.num_chunks === 0) return null;
  const parts = own.data && partsOf(own.data, earlier.data ? new Set(earlier.data.map((part) => part.id)) : NONE, (record.sync_status === "failed" && wanted.data) || NONE);
  return (
    <>
      <h3>
        Parts <span className={styles.note}>{formatCount(record.num_chunks)}</span>
      </h3>
      {parts ? <ChunkMap parts={parts} total={record.num_chunks} /> : own.error ? <Problem>The parts cannot be shown at the moment.</Problem> : <p className={styles.note}>Being read</p>}
    </>
  );
}
