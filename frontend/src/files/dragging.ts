/** Rows that are dragged to another folder. Drags of files from outside carry another type, and are not ours. */

import { type DragEvent, useCallback, useRef, useState } from "react";
import { useNavigate } from "react-router";
import { addresses, isCalled } from "@/addresses";
import type { BucketWire } from "@/api/schema";
import { parentOf } from "@/kit/names";
import type { Row } from "./rows";

export const DRAGGED = "application/x-cairn-items";
const OPENS_AFTER_MILLISECONDS = 700;

interface Dragged {
  bucket: BucketWire;
  rows: readonly Row[];
}

// What is carried cannot be read before it is dropped: only its type can.
let dragged: Dragged | null = null;
let dropped: ((carried: Dragged, bucket: string, prefix: string, isCopy: boolean) => void) | null = null;

export function startDrag(event: DragEvent, bucket: BucketWire, rows: readonly Row[]): void {
  dragged = { bucket, rows };
  event.dataTransfer.setData(DRAGGED, String(rows.length));
  event.dataTransfer.effectAllowed = "copyMove";
}

export function endDrag(): void {
  dragged = null;
}

/** Who moves what is dropped; the view that shows the rows. */
export function onDropped(handler: typeof dropped): void {
  dropped = handler;
}

const isOurs = (event: DragEvent): boolean => event.dataTransfer.types.includes(DRAGGED) && dragged !== null;

/** Nothing moves into itself, into what lies in it, or to where it is. */
const fits = (bucket: string, prefix: string): boolean =>
  dragged !== null && (!isCalled(dragged.bucket, bucket) || dragged.rows.every((row) => fitsInto(row, prefix)));

/** Within one bucket. */
export const fitsInto = (row: Row, prefix: string): boolean =>
  parentOf(row.path) !== prefix && !(row.kind === "folder" && prefix.startsWith(row.path));

/** `prefix` null: this is no folder. */
export function useMoveTarget(bucket: string, prefix: string | null) {
  const [isOver, setOver] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const navigate = useNavigate();
  const leave = useCallback(() => {
    clearTimeout(timer.current);
    timer.current = undefined;
    setOver(false);
  }, []);
  return {
    isOver,
    handlers: {
      onDragOver: (event: DragEvent) => {
        if (prefix === null || !isOurs(event) || !fits(bucket, prefix)) return;
        event.preventDefault();
        event.stopPropagation();
        event.dataTransfer.dropEffect = event.ctrlKey ? "copy" : "move";
        setOver(true);
        timer.current ??= setTimeout(() => void navigate(addresses.files(bucket, prefix)), OPENS_AFTER_MILLISECONDS);
      },
      onDragLeave: (event: DragEvent) => {
        if (event.relatedTarget instanceof Node && event.currentTarget.contains(event.relatedTarget)) return;
        leave();
      },
      onDrop: (event: DragEvent) => {
        leave();
        if (prefix === null || !isOurs(event) || !dragged || !fits(bucket, prefix)) return;
        event.preventDefault();
        event.stopPropagation();
        dropped?.(dragged, bucket, prefix, event.ctrlKey);
        endDrag();
      },
    },
  };
}
