import { useQuery } from "@tanstack/react-query";
import { useId } from "react";
import { Name } from "@/kit";
import styles from "./Buckets.module.css";
import { deletedBucketsQuery } from "./queries";
import { Standing, TakeBack } from "./TakeBack";

/** All of one's buckets that can still be taken back; nothing where there is none. */
export default function DeletedBuckets() {
  const found = useQuery(deletedBucketsQuery).data ?? [];
  const id = useId();
  if (found.length === 0) return null;
  return (
    <section className={styles.deleted} aria-labelledby={id}>
      <h2 id={id}>Deleted buckets</h2>
      <ul className={styles.list}>
        {found.map((bucket) => (
          <li key={bucket.id}>
            <span className="grow">
              <Name name={bucket.title || bucket.name} clip={false} />
              <Standing bucket={bucket} />
            </span>
            <TakeBack bucket={bucket} />
          </li>
        ))}
      </ul>
    </section>
  );
}
