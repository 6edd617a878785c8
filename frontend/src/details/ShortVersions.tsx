import { useQuery } from "@tanstack/react-query";
import { meQuery } from "@/api/queries";
import { When } from "@/kit";
import { formatBytes } from "@/kit/format";
import panel from "./Panel.module.css";
import { devicesQuery, versionsQuery } from "./queries";
import { byWhom, isDeletion } from "./version";
import styles from "./Versions.module.css";

const SHOWN = 3;

/** The newest versions; all of them are one click away. */
export function ShortVersions({ bucket, file, onAll }: { bucket: string; file: string; onAll: () => void }) {
  const versions = useQuery(versionsQuery(bucket, file)).data;
  const devices = useQuery(devicesQuery).data;
  const me = useQuery(meQuery).data?.user_id;
  if (!versions) return null;
  return (
    <>
      <h3>
        Versions
        <button type="button" className={panel.link} onClick={onAll}>
          All {versions.items.length}
          {versions.hasMore ? "+" : ""}
        </button>
      </h3>
      <ol className={styles.short}>
        {versions.items.slice(0, SHOWN).map((version) => (
          <li key={version.version_id}>
            <span className={[styles.dot, version.is_current ? styles.now : ""].join(" ")} />
            <span className="grow">
              {version.is_current ? "Now" : <When at={version.created_at} />}
              <span className={styles.by}>
                {version.is_current && <When at={version.created_at} />}
                {version.is_current && " · "}
                {byWhom(version, devices, me)}
              </span>
            </span>
            <span className="num">{isDeletion(version) ? "deleted" : formatBytes(version.size)}</span>
          </li>
        ))}
      </ol>
    </>
  );
}
