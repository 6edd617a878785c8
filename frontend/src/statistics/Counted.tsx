import type { StatisticsWire } from "@/api/schema";
import { useNow } from "@/kit";
import { formatAge, formatBytes, formatPercent } from "@/kit/format";
import styles from "@/buckets/Buckets.module.css";

const MINUTE = 60_000;
const OLD_MILLISECONDS = 60 * MINUTE;

/** What sharing equal parts saves, and when that was counted. */
export function Counted({ statistics }: { statistics: StatisticsWire }) {
  const now = useNow();
  const { saved_bytes: saved, version_bytes: all, as_of: asOf } = statistics;
  if (saved === null || asOf === null) return <p className={styles.quiet}>What it takes on disk is being counted. That may last some minutes.</p>;
  const age = Math.max(0, now.getTime() - new Date(asOf).getTime());
  return (
    <p className={styles.quiet}>
      {saved > 0 ? `${formatBytes(saved)} saved (${formatPercent(all > 0 ? saved / all : 0)}), because equal parts of files and versions are kept once.` : "Nothing is saved by sharing yet: no two parts are equal."}{" "}
      {age > OLD_MILLISECONDS ? `Last counted ${formatAge(age)} ago: what came since is not in it.` : age < MINUTE ? "Counted just now." : `Counted ${formatAge(age)} ago.`}
    </p>
  );
}
