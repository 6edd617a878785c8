import { type Dispatch, type MouseEvent, type PointerEvent, useRef } from "react";
import type { Row } from "./rows";
import type { Selection, SelectionAct } from "./selection";

interface ListPointer {
  rows: readonly Row[];
  order: readonly string[];
  selection: Selection;
  dispatch: Dispatch<SelectionAct>;
  onOpen: (row: Row) => void;
  onMenu: (row: Row, at: { x: number; y: number }) => void;
}

const LONG_PRESS_MILLISECONDS = 500;
const STILL_PIXELS = 10;

/** Clicks select, double clicks open; on touch a tap opens, a long press selects, and taps then add. */
export function useListPointer({ rows, order, selection, dispatch, onOpen, onMenu }: ListPointer) {
  const press = useRef({ isTouch: false, isLong: false, x: 0, y: 0, timer: 0 });

  function click(event: MouseEvent, row: Row): void {
    if (event.shiftKey) dispatch({ act: "extend", key: row.key, order, isAdding: event.ctrlKey || event.metaKey });
    else if (event.ctrlKey || event.metaKey) dispatch({ act: "toggle", key: row.key });
    else dispatch({ act: "only", key: row.key });
  }

  function tap(row: Row): void {
    if (selection.keys.size > 0) dispatch({ act: "toggle", key: row.key });
    else onOpen(row);
  }

  const rowAt = (event: MouseEvent): Row | undefined => {
    const element = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-row]") : null;
    return element ? rows[Number(element.dataset["row"])] : undefined;
  };

  return {
    onPointerDown: (event: PointerEvent): void => {
      const now = press.current;
      clearTimeout(now.timer);
      Object.assign(now, { isTouch: event.pointerType === "touch", isLong: false, x: event.clientX, y: event.clientY });
      const row = rowAt(event);
      if (!now.isTouch || !row || isControl(event.target)) return;
      now.timer = window.setTimeout(() => {
        now.isLong = true;
        dispatch({ act: "toggle", key: row.key });
      }, LONG_PRESS_MILLISECONDS);
    },
    onPointerMove: (event: PointerEvent): void => {
      if (Math.hypot(event.clientX - press.current.x, event.clientY - press.current.y) > STILL_PIXELS) clearTimeout(press.current.timer);
    },
    onPointerUp: (): void => clearTimeout(press.current.timer),
    onPointerCancel: (): void => clearTimeout(press.current.timer),
    // Before the name's own link hears of it.
    onClickCapture: (event: MouseEvent): void => {
      const row = rowAt(event);
      if (!row || isControl(event.target)) return;
      const isPlain = !event.shiftKey && !event.ctrlKey && !event.metaKey;
      if (press.current.isTouch) {
        event.preventDefault();
        event.stopPropagation();
        if (!press.current.isLong) tap(row);
      } else if (!isPlain || !isLink(event.target)) {
        if (isLink(event.target)) {
          event.preventDefault();
          event.stopPropagation();
        }
        click(event, row);
      }
    },
    onDoubleClick: (event: MouseEvent): void => {
      const row = rowAt(event);
      if (row && !press.current.isTouch && !isControl(event.target) && !isLink(event.target)) onOpen(row);
    },
    onContextMenu: (event: MouseEvent): void => {
      const row = rowAt(event);
      if (!row || (event.target instanceof Element && event.target.closest("input:not([type=checkbox])"))) return;
      event.preventDefault();
      if (press.current.isTouch) return; // A long press: it has selected.
      if (!selection.keys.has(row.key)) dispatch({ act: "only", key: row.key });
      onMenu(row, { x: event.clientX, y: event.clientY });
    },
  };
}

const isControl = (target: EventTarget): boolean => target instanceof Element && target.closest("button, input") !== null;

const isLink = (target: EventTarget): boolean => target instanceof Element && target.closest("a") !== null;
