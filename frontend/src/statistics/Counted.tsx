import type { StatisticsWire } from "@/api/schema";
import { When, useNow } from "@/kit";
import { formatBytes, formatPercent } from "@/kit/format";
import styles from "@/buckets/Buckets.module.css";

const OLD_MILLISECONDS = 3_600_000;

/** What sharing equal parts saves, and when that was counted. */
export function Counted({ statistics }: { statistics: StatisticsWire }) {
  const now = useNow();
  const { saved_bytes: saved, version_bytes: all, as_of: asOf } = statistics;
  if (saved === null || asOf === null) return <p className={styles.quiet}>What it takes on disk is being counted. That may last some minutes.</p>;
  const isOld = now.getTime() - new Date(asOf).getTime() > OLD_MILLISECONDS;
  return (
    <p className={styles.quiet}>
      {saved > 0 ? `${formatBytes(saved)} saved (${formatPercent(all > 0 ? saved / all : 0)}), because equal parts of files and versions are kept once.` : "Nothing is saved by sharing yet: no two parts are equal."}{" "}
      {isOld ? (
        <>
          Last counted <When at={asOf} />: what came since is not in it.
        </>
      ) : (
        <>
          Counted <When at={asOf} />.
        </>
      )}
    </p>
  );
}
