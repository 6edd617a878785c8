import { type Dispatch, type PointerEvent, type RefObject, useRef, useState } from "react";
import styles from "./FileList.module.css";
import type { Row } from "./rows";
import type { Selection, SelectionAct } from "./selection";

interface Band {
  rows: readonly Row[];
  rowHeight: number;
  body: RefObject<HTMLElement | null>;
  selection: Selection;
  dispatch: Dispatch<SelectionAct>;
}

interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** A drag on empty ground draws a band: what it touches is selected. A click there selects nothing. */
export function useBand({ rows, rowHeight, body, selection, dispatch }: Band) {
  const [box, setBox] = useState<Box | null>(null);
  const start = useRef<{ x: number; y: number; base: ReadonlySet<string> } | null>(null);

  const handlers = {
    onPointerDown: (event: PointerEvent<HTMLElement>): void => {
      const isGround = event.target instanceof Element && !event.target.closest("[data-row], button, a, input, [role=toolbar], [role=columnheader]");
      if (!isGround || event.button !== 0 || event.pointerType === "touch") return;
      const isAdding = event.ctrlKey || event.metaKey || event.shiftKey;
      start.current = { ...pointIn(event), base: isAdding ? selection.keys : new Set() };
      if (!isAdding) dispatch({ act: "clear" });
      event.currentTarget.setPointerCapture(event.pointerId);
    },
    onPointerMove: (event: PointerEvent<HTMLElement>): void => {
      const from = start.current;
      const top = body.current?.offsetTop;
      if (!from || top === undefined) return;
      const to = pointIn(event);
      const next = { left: Math.min(from.x, to.x), top: Math.min(from.y, to.y), width: Math.abs(to.x - from.x), height: Math.abs(to.y - from.y) };
      setBox(next);
      const first = Math.max(0, Math.floor((next.top - top) / rowHeight));
      const last = Math.ceil((next.top + next.height - top) / rowHeight);
      dispatch({ act: "band", keys: rows.slice(first, Math.max(first, last)).map((row) => row.key), base: from.base });
    },
    onPointerUp: end,
    onPointerCancel: end,
  };

  function end(): void {
    start.current = null;
    setBox(null);
  }

  return { handlers, box: box && <div className={styles.band} style={box} aria-hidden="true" /> };
}

/** Where the pointer is in the list, whatever is scrolled. */
function pointIn(event: PointerEvent<HTMLElement>): { x: number; y: number } {
  const box = event.currentTarget.getBoundingClientRect();
  return { x: event.clientX - box.left, y: event.clientY - box.top };
}
