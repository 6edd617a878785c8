import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { addresses } from "@/addresses";
import { usageQuery } from "@/api/queries";
import { statisticsQuery } from "@/buckets/queries";
import { Section } from "@/buckets/Section";
import { ShareBar } from "@/charts";
import { formatBytes, formatPercent } from "@/kit/format";
import styles from "./account.module.css";

/** What is kept, what it takes, and what is left of what one may. */
export function Storage() {
  const statistics = useQuery(statisticsQuery()).data;
  const usage = useQuery(usageQuery).data;
  if (!statistics) return null;
  const { version_bytes: all, stored_bytes: stored, saved_bytes: saved } = statistics;
  const free = usage?.quota_bytes == null ? "" : ` ${formatBytes(Math.max(0, usage.quota_bytes - usage.used_bytes))} of your ${formatBytes(usage.quota_bytes)} are free.`;
  const isSaving = saved !== null && saved > 0 && all > 0;
  return (
    <Section title="Storage" hint="What you keep, and what it takes.">
      <p className={styles.headline}>
        {all === 0 ? "You keep nothing yet." : `You keep ${formatBytes(all)}.`}
        {stored === null || all === 0 ? "" : ` It takes ${formatBytes(stored)}.`}
      </p>
      {all > 0 && (
        <div className={styles.wide}>
          <ShareBar whole={{ label: "Your files", bytes: all }} part={{ label: "On disk, each copy", bytes: stored }} />
        </div>
      )}
      <p className={styles.quiet}>
        {isSaving ? `${formatBytes(saved)} saved (${formatPercent(saved / all)}), because equal parts of files and versions are kept once.` : "Equal parts of files and versions are kept once."}
        {free} <Link to={addresses.statistics}>See where it grows</Link>
      </p>
    </Section>
  );
}
