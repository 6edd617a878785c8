import { shownName } from "@/kit/names";
import styles from "./FileList.module.css";

const SHOWN = 2;

/** A tag is its key, and its value where it has one. Of many only the first are shown, and how many more there are. */
export function Tags({ tags }: { tags: Readonly<Record<string, string>> }) {
  const all = Object.entries(tags).map(([key, value]) => shownName(value ? `${key}: ${value}` : key));
  if (all.length === 0) return null;
  return (
    <span className={styles.tags} title={all.join(", ")}>
      {all.slice(0, SHOWN).map((tag) => (
        <span key={tag} className={styles.tag}>
          <bdi className="clip">{tag}</bdi>
        </span>
      ))}
      {all.length > SHOWN && <span className={styles.tag}>+{all.length - SHOWN}</span>}
    </span>
  );
}
