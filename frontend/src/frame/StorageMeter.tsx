import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { addresses } from "@/addresses";
import { api, held } from "@/api/client";
import { keys, usageQuery } from "@/api/queries";
import { Bar } from "@/kit";
import { formatBytes } from "@/kit/format";
import styles from "./StorageMeter.module.css";

/** How much is used, of how much where there is an end to it, and what sharing parts saves. */
export function StorageMeter() {
  const usage = useQuery(usageQuery).data;
  const saved = useQuery({ queryKey: [...keys.stats, "saved"], queryFn: () => held(api.GET("/api/v1/stats")) }).data?.saved_bytes ?? 0;
  if (!usage) return null;
  const { used_bytes: used, quota_bytes: quota } = usage;
  return (
    <Link className={styles.meter} to={addresses.statistics}>
      <span>
        <b>{formatBytes(used)}</b> {quota === null ? "used" : `of ${formatBytes(quota)} used`}
      </span>
      {quota !== null && <Bar share={quota ? used / quota : 1} label="Storage used" />}
      {saved > 0 && <span className={styles.saved}>{formatBytes(saved)} saved by sharing parts</span>}
    </Link>
  );
}
