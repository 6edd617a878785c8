import { useEffect, useState } from "react";
import { Button, Icon, IconButton, type IconName } from "@/kit";
import { formatBytes, formatCount } from "@/kit/format";
import { sizeOf, type Row } from "./rows";
import styles from "./SelectionBar.module.css";

export interface SelectionActs {
  download: () => void;
  move: () => void;
  tag: (() => void) | null; // null: of what is selected not all can have tags
  remove: () => void;
  clear: () => void;
}

type Act = [string, IconName, () => void];

const ANNOUNCED_AFTER_MILLISECONDS = 1_000;

/** What is selected and what can be done with it, in place of the list's head; on the phone at the top and in place of the places. */
export function SelectionBar({ rows, acts, isReadOnly }: { rows: readonly Row[]; acts: SelectionActs; isReadOnly: boolean }) {
  const bytes = rows.reduce((sum, row) => sum + sizeOf(row), 0);
  const said = `${formatCount(rows.length)} selected`;
  const changes: Act[] = [
    ["Move", "move", acts.move],
    ...(acts.tag ? [["Tag", "tag", acts.tag] satisfies Act] : []),
    ["Delete", "trash", acts.remove],
  ];
  const buttons: Act[] = [["Download", "download", acts.download], ...(isReadOnly ? [] : changes)];
  return (
    <div className={styles.bar} role="toolbar" aria-label="Selected files">
      <IconButton icon="x" label="Clear selection" onClick={acts.clear} />
      <strong>{said}</strong>
      {bytes > 0 && <span className={styles.sum}>{formatBytes(bytes)}</span>}
      <span className="grow" />
      <Announced text={said} />
      <div className={styles.acts}>
        {buttons.map(([label, icon, onClick]) => (
          <Button key={label} look="quiet" size="small" icon={icon} onClick={onClick}>
            {label}
          </Button>
        ))}
      </div>
    </div>
  );
}

/** For who does not see the bar: at most once a second. */
function Announced({ text }: { text: string }) {
  const [said, say] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => say(text), ANNOUNCED_AFTER_MILLISECONDS);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <span className="visually-hidden" role="status">
      {said}
    </span>
  );
}

/** "3 changes", above the list, while somebody is in the middle of something there. */
export function Waiting({ count, className }: { count: number; className: string | undefined }) {
  if (count === 0) return null;
  return (
    <div className={className} role="status">
      <span>
        <Icon name="sync" small /> {formatCount(count)} {count === 1 ? "change" : "changes"}
      </span>
    </div>
  );
}
