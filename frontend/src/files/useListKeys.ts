import { type Dispatch, type FocusEvent, type KeyboardEvent, type RefObject, useEffect, useRef } from "react";
import { isCommand } from "@/frame/keys";
import type { Row } from "./rows";
import { jumped, type Selection, type SelectionAct } from "./selection";

interface ListKeys {
  rows: readonly Row[];
  order: readonly string[];
  current: number;
  rowHeight: number;
  selection: Selection;
  dispatch: Dispatch<SelectionAct>;
  scroller: RefObject<HTMLElement | null>;
  body: RefObject<HTMLElement | null>;
  onOpen: (row: Row) => void;
  onMenu: (row: Row, at: { x: number; y: number }) => void;
  onKey: (event: KeyboardEvent, row: Row | undefined) => void;
}

const TYPED_TOGETHER_MILLISECONDS = 800;

/** Moving about in the list by keys, selecting with them, letters that jump to names. All else is for `onKey`. */
export function useListKeys(list: ListKeys) {
  const wanted = useRef<number | null>(null); // to be focused as soon as it is drawn
  const typed = useRef({ text: "", at: 0 });
  useEffect(() => {
    if (wanted.current === null) return;
    const row = list.body.current?.querySelector<HTMLElement>(`[data-row="${wanted.current}"]`);
    if (!row) return;
    wanted.current = null;
    row.focus({ preventScroll: true });
  });

  function go(index: number, event: KeyboardEvent): void {
    const to = Math.max(0, Math.min(list.rows.length - 1, index));
    const key = list.order[to];
    if (key === undefined) return;
    event.preventDefault();
    wanted.current = to;
    reveal(list, to);
    if (event.shiftKey) list.dispatch({ act: "extend", key, order: list.order });
    else if (event.ctrlKey || event.metaKey) list.dispatch({ act: "move", key });
    else list.dispatch({ act: "only", key });
  }

  /** True if it was a step. */
  function step(event: KeyboardEvent): boolean {
    const page = Math.max(1, Math.floor((list.scroller.current?.clientHeight ?? 0) / list.rowHeight) - 2);
    const steps: Record<string, number> = { ArrowDown: list.current + 1, ArrowUp: list.current - 1, PageDown: list.current + page, PageUp: list.current - page, Home: 0, End: list.rows.length - 1 };
    const to = steps[event.key];
    if (to === undefined || event.altKey) return false;
    go(to, event);
    return true;
  }

  function jump(event: KeyboardEvent): boolean {
    if (event.key.length !== 1 || event.ctrlKey || event.metaKey || event.altKey || event.key === " ") return false;
    const now = event.timeStamp;
    const text = (now - typed.current.at < TYPED_TOGETHER_MILLISECONDS ? typed.current.text : "") + event.key;
    typed.current = { text, at: now };
    const index = jumped(list.rows.map((row) => row.name), list.current, text);
    if (index >= 0) go(index, withoutShift(event));
    event.stopPropagation(); // `/` and `?` begin names as well.
    return true;
  }

  return {
    onFocus: (event: FocusEvent): void => {
      const key = list.order[indexOf(event.target)];
      if (key !== undefined) list.dispatch({ act: "move", key });
    },
    onKeyDown: (event: KeyboardEvent): void => {
      const index = indexOf(event.target);
      const row = list.rows[index];
      if (!row) return;
      const isOnRow = event.target instanceof HTMLElement && event.target.dataset["row"] !== undefined;
      const isDone = along(event) || step(event) || choose(event, row, isOnRow) || (isOnRow && jump(event));
      if (!isDone) list.onKey(event, row);
    },
  };

  /** True if it selected, opened or showed the menu. */
  function choose(event: KeyboardEvent, row: Row, isOnRow: boolean): boolean {
    if (event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey)) list.onMenu(row, below(event));
    else if (isCommand(event) && event.key.toLowerCase() === "a") list.dispatch({ act: "all", order: list.order });
    else if (!isOnRow) return false;
    else if (event.key === "Enter" && !event.altKey) list.onOpen(row);
    else if (event.key === " " && event.shiftKey) list.dispatch({ act: "extend", key: row.key, order: list.order });
    else if (event.key === " ") list.dispatch({ act: "toggle", key: row.key });
    else return false;
    event.preventDefault();
    return true;
  }
}

/** Where the menu of a row that the keyboard is on opens: below its name. */
function below({ target }: KeyboardEvent): { x: number; y: number } {
  const row = target instanceof Element ? target.closest("[data-row]") : null;
  const box = row?.querySelector("[role=rowheader]")?.getBoundingClientRect();
  return { x: box?.left ?? 0, y: box?.bottom ?? 0 };
}

const indexOf = (target: EventTarget): number => {
  const row = target instanceof Element ? target.closest<HTMLElement>("[data-row]") : null;
  return row ? Number(row.dataset["row"]) : -1;
};

const withoutShift = (event: KeyboardEvent): KeyboardEvent => Object.assign(Object.create(event) as KeyboardEvent, { shiftKey: false, preventDefault: () => event.preventDefault() });

/** From the row to what can be operated in it, and back. */
function along(event: KeyboardEvent): boolean {
  const isOn = event.key === "ArrowRight";
  const row = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-row]") : null;
  if (!row || (!isOn && event.key !== "ArrowLeft") || event.altKey) return false;
  const stops = [row, ...row.querySelectorAll<HTMLElement>("input, a, button")].filter((stop) => stop.checkVisibility());
  const next = stops[stops.findIndex((stop) => stop === event.target) + (isOn ? 1 : -1)];
  event.preventDefault();
  next?.focus({ preventScroll: true });
  return true;
}

/** Scrolls so far that the row stands below the head and above the edge. */
function reveal({ scroller, body, rowHeight }: ListKeys, index: number): void {
  const [frame, rows] = [scroller.current, body.current];
  if (!frame || !rows) return;
  const start = rows.getBoundingClientRect().top - frame.getBoundingClientRect().top + frame.scrollTop;
  const [top, head] = [start + index * rowHeight, Math.min(start, rowHeight)];
  if (top - head < frame.scrollTop) frame.scrollTo({ top: index === 0 ? 0 : top - head });
  else if (top + rowHeight > frame.scrollTop + frame.clientHeight) frame.scrollTo({ top: top + rowHeight - frame.clientHeight });
}
