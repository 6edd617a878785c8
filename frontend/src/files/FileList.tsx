import { type Dispatch, type ReactNode, type RefObject, useEffect, useLayoutEffect, useMemo, useRef } from "react";
import { type NamePart, shownName } from "@/kit/names";
import { lookalikes } from "@/kit/lookalikes";
import styles from "./FileList.module.css";
import { FileRow } from "./FileRow";
import { ListHead } from "./ListHead";
import { useRefusals } from "./patches";
import type { Row } from "./rows";
import type { Selection, SelectionAct } from "./selection";
import { useBand } from "./useBand";
import { useListKeys } from "./useListKeys";
import { useListPointer } from "./useListPointer";
import { useRowHeight, useWindow, type Window } from "./window";

export interface FileListProps {
  label: string;
  rows: readonly Row[];
  total: number; // rows there are, those that are not read yet included
  selection: Selection;
  dispatch: Dispatch<SelectionAct>;
  scroller: RefObject<HTMLElement | null>;
  renaming: string | null; // key
  fresh: ReadonlySet<string>;
  cut: ReadonlySet<string>;
  open: string | null; // whose details are shown
  bar: ReactNode; // stands in place of the head while something is selected
  waiting: ReactNode;
  onOpen: (row: Row) => void;
  onMenu: (row: Row, at: { x: number; y: number }) => void;
  onKey: (event: React.KeyboardEvent, row: Row | undefined) => void; // what is not moving about
}

/** Files as a grid with one tab stop: rows of one height, only those on the screen and some around them are there. */
export function FileList(props: FileListProps) {
  const { rows, selection, dispatch, scroller, bar } = props;
  const [body, probe] = [useRef<HTMLDivElement>(null), useRef<HTMLDivElement>(null)];
  const rowHeight = useRowHeight(probe);
  const shown = useWindow({ scroller, body, count: rows.length, rowHeight });
  const order = useMemo(() => rows.map((row) => row.key), [rows]);
  const alike = useMemo(() => lookalikes(namesOf(rows)), [rows]);
  const refusals = useRefusals();
  const current = Math.max(0, selection.current === null ? 0 : order.indexOf(selection.current));
  const keys = useListKeys({ ...props, order, current, rowHeight, body });
  const pointer = useListPointer({ ...props, order });
  const band = useBand({ rows, rowHeight, body, selection, dispatch });
  useKept(order, props);
  return (
    <div className={[styles.list, selection.keys.size > 0 ? styles.picking : ""].join(" ")} {...band.handlers}>
      {bar && <div className={styles.headroom}>{bar}</div>}
      {props.waiting}
      <div
        role="grid"
        aria-label={props.label}
        aria-multiselectable="true"
        aria-rowcount={Math.max(rows.length, props.total) + 1}
        onKeyDown={keys.onKeyDown}
        onFocus={keys.onFocus}
        {...pointer}
      >
        {!bar && (
          <div className={styles.headroom} role="rowgroup">
            <ListHead />
          </div>
        )}
        <div ref={body} className={styles.body} role="rowgroup" style={{ height: rowHeight * rows.length }}>
          <div ref={probe} className={styles.probe} aria-hidden="true" />
          {(shown.isFast ? [current] : indexes(shown, current, rows.length)).map((index) => {
            const row = rows[index];
            return row && <Placed key={row.key} index={index} rowHeight={rowHeight} row={row} isCurrent={index === current} isDrawn={shown.isDrawn} alike={alike.get(row.name)} refusal={refusals.get(row.key)} {...props} />;
          })}
          {shown.isFast && <Flying shown={shown} rows={rows} current={current} rowHeight={rowHeight} height={scroller.current?.clientHeight ?? 0} selection={selection} />}
        </div>
      </div>
      {band.box}
    </div>
  );
}

interface PlacedProps extends FileListProps {
  row: Row;
  index: number;
  rowHeight: number;
  isCurrent: boolean;
  isDrawn: boolean;
  alike: NamePart[] | undefined;
  refusal: string | undefined;
}

function Placed({ row, index, rowHeight, isCurrent, isDrawn, alike, refusal, selection, renaming, fresh, cut, open }: PlacedProps) {
  return (
    <div className={styles.placed} role="presentation" style={{ transform: `translateY(${index * rowHeight}px)` }}>
      <FileRow
        row={row}
        index={index}
        isSelected={selection.keys.has(row.key)}
        isCurrent={isCurrent}
        isDrawn={isDrawn}
        isRenaming={renaming === row.key}
        isNew={fresh.has(row.key)}
        isOpen={open === row.key}
        isCut={cut.has(row.key)}
        alike={alike}
        refusal={refusal}
      />
    </div>
  );
}

interface FlyingProps {
  shown: Window;
  rows: readonly Row[];
  current: number;
  rowHeight: number;
  height: number; // of the frame
  selection: Selection;
}

/** Rows that fly by, by their names. They hold on to the frame, not to their places: where it scrolls further than was drawn it is not empty. */
function Flying({ shown, rows, current, rowHeight, height, selection }: FlyingProps) {
  return (
    <div className={styles.flying} role="presentation" style={{ height }}>
      {rows.slice(shown.first, shown.last).map((row, slot) => {
        const index = shown.first + slot;
        if (index === current) return null; // It keeps its place, and the focus.
        return (
          <div key={slot} className={styles.placed} role="presentation" style={{ transform: `translateY(${index * rowHeight - Math.max(0, shown.above)}px)` }}>
            <div className={styles.row} role="row" aria-rowindex={index + 2} aria-selected={selection.keys.has(row.key)}>
              <span />
              <span role="rowheader" className="clip">
                {shownName(row.name)}
              </span>
            </div>
          </div>
        );
      })}
    </div>
  );
}

/** The rows on the screen, and the one where the keyboard is: focus must not be lost because it scrolled away. */
function indexes({ first, last }: { first: number; last: number }, current: number, count: number): number[] {
  const all = Array.from({ length: Math.max(0, last - first) }, (_, index) => first + index);
  if (current < first && current >= 0) all.unshift(current);
  if (current >= last && current < count) all.push(current);
  return all;
}

function* namesOf(rows: readonly Row[]): Iterable<string> {
  for (const row of rows) yield row.name;
}

/** What vanished leaves the selection; where focus was on it, it goes to the row that took its place. */
function useKept(order: readonly string[], { selection, dispatch, scroller }: FileListProps): void {
  const { current } = selection;
  const before = useRef(order);
  useEffect(() => {
    if (before.current === order) return;
    dispatch({ act: "keep", order, before: before.current });
    before.current = order;
  }, [order, dispatch]);
  const isIn = useRef(false);
  useEffect(() => {
    const frame = scroller.current;
    const look = (event: FocusEvent): void => {
      const to = event.type === "focusin" ? event.target : event.relatedTarget;
      if (to instanceof Element) isIn.current = to.closest("[data-row]") !== null && (frame?.contains(to) ?? false);
    };
    document.addEventListener("focusin", look);
    return () => document.removeEventListener("focusin", look);
  }, [scroller]);
  useLayoutEffect(() => {
    if (!isIn.current || document.activeElement !== document.body) return;
    const stop = scroller.current?.querySelector<HTMLElement>('[data-row][tabindex="0"]');
    // Not before it is known which row took the place of the one that is gone.
    if (current !== null && order.includes(current)) stop?.focus({ preventScroll: true });
  }, [order, current, scroller]);
}
