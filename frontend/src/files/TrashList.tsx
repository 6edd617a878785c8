import { type ReactNode, type RefObject, useRef } from "react";
import type { Trashed } from "./trash";
import { TrashRow } from "./TrashRow";
import styles from "./TrashView.module.css";
import { useRowHeight, useWindow } from "./window";

interface TrashListProps {
  trashed: readonly Trashed[];
  refusals: ReadonlyMap<string, string>; // by key: why it is not back
  scroller: RefObject<HTMLElement | null>;
  selected: ReadonlySet<string>; // keys
  onSelect: (key: string) => void;
  bar: ReactNode; // stands in place of the head while something is selected
  onRestore: (trashed: Trashed) => void;
}

/** What can be taken back, row by row; of very many only what is on the screen is there. */
export function TrashList({ trashed, refusals, scroller, selected, onSelect, bar, onRestore }: TrashListProps) {
  const [body, probe] = [useRef<HTMLUListElement>(null), useRef<HTMLDivElement>(null)];
  const rowHeight = useRowHeight(probe);
  const { first, last } = useWindow({ scroller, body, count: trashed.length, rowHeight });
  return (
    <div className={`${styles.list ?? ""} ${selected.size > 0 ? styles.picking : ""}`}>
      <div className={styles.headroom}>
        {bar || (
          <div className={styles.head} aria-hidden="true">
            <span />
            <span>Name</span>
            <span>Was in</span>
            <span>Deleted</span>
            <span className={styles.size}>Size</span>
          </div>
        )}
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
            isSelected={selected.has(one.key)}
            onSelect={() => onSelect(one.key)}
            onRestore={() => onRestore(one)}
          />
        ))}
      </ul>
    </div>
  );
}
