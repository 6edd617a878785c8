import { Button, IconButton } from "@/kit";
import { formatBytes, formatCount } from "@/kit/format";
import styles from "./SelectionBar.module.css";
import { bytesOf, isOwn, type Trashed } from "./trash";

interface TrashBarProps {
  chosen: readonly Trashed[];
  onRestore: () => void;
  onPurge: () => void;
  onClear: () => void;
}

/** What is selected in the trash, and what can be done with it. */
export function TrashBar({ chosen, onRestore, onPurge, onClear }: TrashBarProps) {
  return (
    <div className={styles.bar} role="toolbar" aria-label="Selected files">
      <IconButton icon="x" label="Clear selection" onClick={onClear} />
      <strong role="status">{formatCount(chosen.length)} selected</strong>
      <span className={styles.sum}>{formatBytes(chosen.reduce((sum, one) => sum + bytesOf(one), 0))}</span>
      <span className="grow" />
      <div className={styles.acts}>
        <Button look="quiet" size="small" onClick={onRestore}>
          Restore selected
        </Button>
        {chosen.every(isOwn) && (
          <Button look="quiet" size="small" icon="trash" onClick={onPurge}>
            Delete for good
          </Button>
        )}
      </div>
    </div>
  );
}
