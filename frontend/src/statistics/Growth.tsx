import { useQuery } from "@tanstack/react-query";
import styles from "@/buckets/Buckets.module.css";
import { growthQuery } from "@/buckets/queries";
import { Section } from "@/buckets/Section";
import { LineChart } from "@/charts";
import { Problem } from "@/kit";
import { counted, formatBytes } from "@/kit/format";
import { pointsOf } from "./days";

/** What one kept day by day, for up to a year. */
export function Growth() {
  const found = useQuery(growthQuery);
  const days = found.data ?? [];
  const [first, last] = [days[0], days.at(-1)];
  const now = pointsOf(days, (day) => day.logical_bytes);
  const all = pointsOf(days, (day) => day.version_bytes);
  return (
    <Section title="Growth" hint="At the end of each day. Days on which the server was not running are left out.">
      {found.error && <Problem>It cannot be shown at the moment.</Problem>}
      {first && last && days.length > 1 ? (
        <div className={styles.wide}>
          <LineChart
            points={now}
            label="Files as they are now"
            second={{ points: all, label: "All versions" }}
            sentence={`Growth over ${counted(now.length, "day")}: files as they are now from ${formatBytes(first.logical_bytes)} to ${formatBytes(last.logical_bytes)}, all versions from ${formatBytes(first.version_bytes)} to ${formatBytes(last.version_bytes)}`}
            format={formatBytes}
            formatOnAxis={formatBytes}
          />
        </div>
      ) : (
        found.data && <p className={styles.note}>From tomorrow on this shows how what you keep grows. Of today there is nothing yet to compare with.</p>
      )}
    </Section>
  );
}
