import { useQuery } from "@tanstack/react-query";
import { ShareBar } from "@/charts";
import type { BucketWire } from "@/api/schema";
import { Problem } from "@/kit";
import { Counted } from "@/statistics/Counted";
import styles from "./Buckets.module.css";
import { statisticsQuery } from "./queries";
import { Section } from "./Section";

/** What this bucket holds, and what that takes. */
export function BucketStatistics({ bucket }: { bucket: BucketWire }) {
  const found = useQuery({ ...statisticsQuery(bucket.id), enabled: bucket.role === "owner" });
  if (bucket.role !== "owner") return null;
  return (
    <Section title="Storage" hint="Parts that this bucket shares with your others are counted here too.">
      {found.error && <Problem>It cannot be counted at the moment.</Problem>}
      {found.data && (
        <>
          <div className={styles.wide}>
          <ShareBar whole={{ label: "All versions", bytes: found.data.version_bytes }} part={{ label: "On disk, each copy", bytes: found.data.stored_bytes }} />
          </div>
          <Counted statistics={found.data} />
        </>
      )}
    </Section>
  );
}
