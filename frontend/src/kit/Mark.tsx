import styles from "./Mark.module.css";
import { STONES } from "./stones";

/** Three stones; the top one carries the accent, or on the dashboard the state. */
export function Mark({ state = "accent", size = "normal" }: { state?: "accent" | "ok" | "busy" | "wait" | "bad"; size?: "normal" | "large" | "whole" }) {
  return (
    <svg className={[styles.mark, styles[state], size === "normal" ? "" : styles[size]].join(" ")} viewBox="0 0 32 32" aria-hidden="true">
      <path className={styles.lower} d={STONES[0]} />
      <path className={styles.middle} d={STONES[1]} />
      <path className={styles.top} d={STONES[2]} />
    </svg>
  );
}
