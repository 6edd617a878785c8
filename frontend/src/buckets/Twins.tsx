import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { addresses, refOf } from "@/addresses";
import type { BucketWire } from "@/api/schema";
import { Name, Problem } from "@/kit";
import { parentOf } from "@/kit/names";
import styles from "./Buckets.module.css";
import { twinsQuery } from "./queries";
import { Section } from "./Section";

const SHOWN = 50;

/** Names that a file system may take for one. */
export function Twins({ bucket }: { bucket: BucketWire }) {
  const twins = useQuery(twinsQuery(bucket.id));
  const groups = twins.data?.groups ?? [];
  return (
    <Section title="Twins" hint="Names that differ only in capitals, or in how an accent is written. Windows and macOS take them for one file: there a synced folder can hold only one of them.">
      {twins.error && <Problem>They cannot be looked for at the moment.</Problem>}
      {twins.data && groups.length === 0 && <p className={styles.note}>{twins.data.isWhole ? "No two names here are twins." : "None among the first 200,000 names."}</p>}
      {groups.length > 0 && (
        <ul className={styles.list}>
          {groups.slice(0, SHOWN).map((group) => (
            <li key={group.files[0]?.file_id}>
              <span className={styles.group}>
                {group.files.map((file) => (
                  <Link key={file.file_id} to={`${addresses.files(refOf(bucket), parentOf(file.path))}?details=${file.file_id}`}>
                    <Name name={file.path} clip={false} />
                  </Link>
                ))}
              </span>
            </li>
          ))}
        </ul>
      )}
      {groups.length > SHOWN && <p className={styles.quiet}>And {groups.length - SHOWN} more groups. Rename these first.</p>}
    </Section>
  );
}
