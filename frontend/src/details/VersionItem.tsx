import { useId } from "react";
import type { FileWire } from "@/api/schema";
import { Button, IconButton, When } from "@/kit";
import { formatBytes, formatExactBytes } from "@/kit/format";
import { downloadFile } from "./download";
import { byWhom, isDeletion, sizeChange } from "./version";
import styles from "./Versions.module.css";

interface VersionItemProps {
  version: FileWire;
  before: FileWire | undefined; // the one that it replaced
  devices: ReadonlyMap<string, string> | undefined;
  me: string | undefined;
  mayWrite: boolean;
  onRestore: () => void;
  onDelete: () => void;
}

export function VersionItem({ version, before, devices, me, mayWrite, onRestore, onDelete }: VersionItemProps) {
  const id = useId();
  const { is_current: isCurrent } = version;
  const wasDeleted = isDeletion(version);
  const change = sizeChange(version, before);
  return (
    <li aria-current={isCurrent ? "true" : undefined}>
      <span className={[styles.dot, isCurrent ? styles.now : ""].join(" ")} />
      <span className="grow">
        <strong id={id}>{isCurrent && !wasDeleted ? "Now" : <When at={version.created_at} />}</strong>
        <span className={styles.by}>
          {isCurrent && !wasDeleted && (
            <>
              <When at={version.created_at} />
              {" · "}
            </>
          )}
          {wasDeleted && "Deleted · "}
          {byWhom(version, devices, me)}
        </span>
      </span>
      {!wasDeleted && (
        <span className={[styles.size, "num"].join(" ")} title={formatExactBytes(version.size)}>
          {formatBytes(version.size)}
          {change && <span className={styles.change}>{change}</span>}
        </span>
      )}
      <span className={styles.acts}>
        {!isCurrent && !wasDeleted && mayWrite && (
          <Button size="small" aria-describedby={id} onClick={onRestore}>
            Restore
          </Button>
        )}
        {!wasDeleted && <IconButton icon="download" label="Download" aria-describedby={id} onClick={() => downloadFile(version)} />}
        {!isCurrent && mayWrite && <IconButton icon="trash" label="Delete version" aria-describedby={id} onClick={onDelete} />}
      </span>
    </li>
  );
}
