import { useLayoutEffect, useRef } from "react";
import styles from "./Bar.module.css";

interface BarProps {
  share: number; // 0 to 1
  label: string; // its accessible name
  look?: "moving" | "held" | "quiet";
  says?: string | undefined; // read instead of the percentage
}

/** How far something is. Its width is set through the object model: the content policy allows no inline style. */
export function Bar({ share, label, look = "moving", says }: BarProps) {
  const fill = useRef<HTMLSpanElement>(null);
  const percent = Math.max(0, Math.min(1, share)) * 100;
  useLayoutEffect(() => {
    if (fill.current) fill.current.style.transform = `scaleX(${percent / 100})`;
  }, [percent]);
  return (
    <span
      className={[styles.bar, styles[look]].join(" ")}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent >= 100 ? 100 : Math.min(99, Math.floor(percent))}
      aria-valuetext={says}
    >
      <span ref={fill} className={styles.fill} />
    </span>
  );
}
