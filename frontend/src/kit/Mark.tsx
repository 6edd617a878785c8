import styles from "./Mark.module.css";

/** Three stones; the top one carries the accent, or on the dashboard the state. */
export function Mark({ state = "accent", size = "normal" }: { state?: "accent" | "ok" | "busy" | "wait" | "bad"; size?: "normal" | "large" | "whole" }) {
  return (
    <svg className={[styles.mark, styles[state], size === "normal" ? "" : styles[size]].join(" ")} viewBox="0 0 32 32" aria-hidden="true">
      <path className={styles.lower} d="M3.2 25.4c-.2-2.3 3-4.5 8.6-4.9 5.2-.4 10.2-.2 13.6 1.2 2.6 1.1 3.9 2.8 3.3 4.6-.7 2.1-4.6 3.2-12.3 3.2-8.2 0-13-1.5-13.2-4.1z" />
      <path className={styles.middle} d="M8 16.9c-.3-2.2 1.9-4 5.7-4.6 3.9-.6 8.4-.3 10.9 1.1 2.2 1.2 2.6 3.2 1 4.5-1.6 1.3-5 1.7-9 1.6-5.3-.1-8.3-.9-8.6-2.6z" />
      <path className={styles.top} d="M8.9 9.3c-.7-2.3 1.2-4.8 4.8-5.7 3.6-.9 6.9.2 7.6 2.5.6 2.2-1.3 4.2-5 5-3.8.8-6.8.2-7.4-1.8z" />
    </svg>
  );
}
