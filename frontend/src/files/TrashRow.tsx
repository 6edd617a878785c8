import { Button, Icon, Name, When } from "@/kit";
import { counted, formatBytes, formatExactBytes } from "@/kit/format";
import { useNow } from "@/kit/now";
import { baseOf, parentOf } from "@/kit/names";
import { FileIcon, FolderIcon } from "./FileIcon";
import { waysTo } from "./place";
import { bytesOf, daysLeft, type Trashed } from "./trash";
import styles from "./TrashView.module.css";

interface TrashRowProps {
  trashed: Trashed;
  index: number;
  count: number;
  top: number; // in pixels
  refusal: string | undefined;
  isSelected: boolean;
  onSelect: () => void;
  onRestore: () => void;
}

export function TrashRow({ trashed, index, count, top, refusal, isSelected, onSelect, onRestore }: TrashRowProps) {
  const { path, files, bucket, deletedAt } = trashed;
  const name = baseOf(path);
  const id = `trash-${index}`;
  const isFolder = path.endsWith("/");
  const way = [bucket.title || bucket.name, ...waysTo(parentOf(path)).map(baseOf)];
  const size = bytesOf(trashed);
  const left = daysLeft(trashed, useNow());
  return (
    <li className={`${styles.row ?? ""} ${isSelected ? styles.selected : ""}`} aria-posinset={index + 1} aria-setsize={count} style={{ transform: `translateY(${top}px)` }}>
      <div className={styles.pick}>
        {isFolder ? <FolderIcon /> : <FileIcon name={name} type={files[0]?.content_type ?? ""} />}
        <input type="checkbox" aria-label="Select" aria-describedby={id} checked={isSelected} onChange={onSelect} />
      </div>
      <span id={id} className={styles.name}>
        <Name name={name} />
        {isFolder && files.length > 1 && <span className={styles.more}>{counted(files.length - 1, "item")}</span>}
      </span>
      <span className={styles.way}>
        {refusal ? (
          <span className={styles.refusal} role="alert">
            <Icon name="bad" small /> {refusal}
          </span>
        ) : (
          way.map((step, place) => (
            <span key={place}>
              {place > 0 && " / "}
              <Name name={step} clip={false} />
            </span>
          ))
        )}
      </span>
      <span className={styles.when}>
        <When at={deletedAt} />
        <span className={styles.left}>gone for good in {counted(left, "day")}</span>
      </span>
      <span className={styles.size} title={formatExactBytes(size)}>
        {formatBytes(size)}
      </span>
      <Button size="small" aria-describedby={id} onClick={onRestore}>
        Restore
      </Button>
    </li>
  );
}
