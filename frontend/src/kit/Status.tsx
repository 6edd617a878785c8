import styles from "./Status.module.css";
import { Icon } from "./Icon";

export type StatusKind = "ok" | "busy" | "wait" | "bad";

const ICONS = { ok: "ok", busy: "busy", wait: "wait", bad: "bad" } as const;

/** How a thing stands: a silhouette, a word, and a colour as the third signal. `more` is quieter: a date, a share. */
export function Status({ kind, word, more }: { kind: StatusKind; word: string; more?: React.ReactNode }) {
  return (
    <span className={[styles.status, styles[kind]].join(" ")}>
      <Icon name={ICONS[kind]} />
      <span className={styles.word}>{word}</span>
      {more && <span className={styles.more}>{more}</span>}
    </span>
  );
}
