import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { addresses } from "@/addresses";
import { usageQuery } from "@/api/queries";
import { Bar } from "@/kit";
import { formatBytes } from "@/kit/format";
import styles from "./StorageMeter.module.css";

/** How much is used, of how much, where there is an end to it. */
export function StorageMeter() {
  const usage = useQuery(usageQuery).data;
  if (!usage) return null;
  const { used_bytes: used, quota_bytes: quota } = usage;
  return (
    <Link className={styles.meter} to={addresses.statistics}>
      <span>
        <b>{formatBytes(used)}</b> {quota === null ? "used" : `of ${formatBytes(quota)} used`}
      </span>
      {quota !== null && <Bar share={quota ? used / quota : 1} label="Storage used" />}
    </Link>
  );
}
