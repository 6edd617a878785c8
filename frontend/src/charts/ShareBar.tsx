import { formatBytes } from "@/kit/format";
import styles from "./ShareBar.module.css";

interface ShareBarProps {
  whole: { label: string; bytes: number };
  part: { label: string; bytes: number | null }; // null: not counted yet
}

/** What is kept, and what it takes: two bars on one scale; what is saved stands dashed. */
export function ShareBar({ whole, part }: ShareBarProps) {
  const most = Math.max(whole.bytes, part.bytes ?? 0, 1);
  return (
    <dl className={styles.saved}>
      <Line label={whole.label} bytes={whole.bytes} share={whole.bytes / most} look="whole" />
      <Line label={part.label} bytes={part.bytes} share={(part.bytes ?? 0) / most} look="part" />
    </dl>
  );
}

function Line({ label, bytes, share, look }: { label: string; bytes: number | null; share: number; look: "whole" | "part" }) {
  return (
    <div className={styles.line}>
      <dt>{label}</dt>
      <dd className={styles.bar} aria-hidden="true">
        <span className={styles[look]} style={{ width: `${share * 100}%` }} />
        {look === "part" && bytes !== null && share < 1 && <span className={styles.gap} />}
      </dd>
      <dd className={styles.bytes}>{bytes === null ? "being counted" : formatBytes(bytes)}</dd>
    </div>
  );
}
