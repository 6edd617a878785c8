import { type RefObject, useRef } from "react";
import type { Trashed } from "./trash";
import { TrashRow } from "./TrashRow";
import styles from "./TrashView.module.css";
import { useRowHeight, useWindow } from "./window";

interface TrashListProps {
  trashed: readonly Trashed[];
  refusals: ReadonlyMap<string, string>; // by key: why it is not back
  scroller: RefObject<HTMLElement | null>;
  onRestore: (trashed: Trashed) => void;
}

/** What can be taken back, row by row; of very many only what is on the screen is there. */
export function TrashList({ trashed, refusals, scroller, onRestore }: TrashListProps) {
  const [body, probe] = [useRef<HTMLUListElement>(null), useRef<HTMLDivElement>(null)];
  const rowHeight = useRowHeight(probe);
  const { first, last } = useWindow({ scroller, body, count: trashed.length, rowHeight });
  return (
    <div className={styles.list}>
      <div className={styles.head} aria-hidden="true">
        <span />
        <span>Name</span>
        <span>Was in</span>
        <span>Deleted</span>
      </div>
      <div ref={probe} className={styles.probe} aria-hidden="true" />
      <ul ref={body} aria-label="Deleted files" style={{ height: rowHeight * trashed.length }}>
        {trashed.slice(first, last).map((one, offset) => (
          <TrashRow
            key={one.key}
            trashed={one}
            index={first + offset}
            count={trashed.length}
            top={(first + offset) * rowHeight}
            refusal={refusals.get(one.key)}
            onRestore={() => onRestore(one)}
          />
        ))}
      </ul>
    </div>
  );
}
