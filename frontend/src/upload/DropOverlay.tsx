import { isCalled } from "@/addresses";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { createPortal } from "react-dom";
import { bucketsQuery } from "@/api/queries";
import { Icon, Name } from "@/kit";
import { counted } from "@/kit/format";
import { baseOf } from "@/kit/names";
import { type Carried, watchDrags } from "./dragging";
import styles from "./DropOverlay.module.css";
import type { Target } from "./job";

interface DropOverlayProps {
  onOpen: (target: Target) => void; // the drag rests over a folder
  onDrop: (target: Target, data: DataTransfer) => void;
}

/** While files are dragged over the page: the sheet is tinted and ringed, and a label says where they would go. */
export function DropOverlay({ onOpen, onDrop }: DropOverlayProps) {
  const [carried, setCarried] = useState<Carried | null>(null);
  const acts = useRef({ onOpen, onDrop });
  useEffect(() => {
    acts.current = { onOpen, onDrop };
  });
  useEffect(
    () =>
      watchDrags({
        shown: setCarried,
        open: (target) => acts.current.onOpen(target),
        dropped: (target, data) => acts.current.onDrop(target, data),
      }),
    [],
  );
  const sheet = document.getElementById("sheet");
  useEffect(() => {
    if (sheet) sheet.toggleAttribute("data-dropping", carried !== null);
  }, [sheet, carried]);
  if (!carried || !sheet) return null;
  return createPortal(<Label carried={carried} />, sheet);
}

function Label({ carried: { target, count, areFiles } }: { carried: Carried }) {
  const buckets = useQueryClient().getQueryData(bucketsQuery.queryKey);
  const bucket = buckets?.find((one) => isCalled(one, target.bucket));
  return (
    <div className={styles.drop} role="status">
      <div className={styles.label}>
        <Icon name="upload" />
        <span className={styles.words}>
          <strong>
            Drop into <Name name={target.prefix ? baseOf(target.prefix) : bucket?.title || target.bucket} />
          </strong>
          {counted(count, areFiles ? "file" : "item")}
        </span>
      </div>
    </div>
  );
}
