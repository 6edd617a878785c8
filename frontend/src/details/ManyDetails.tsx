import { useQueries } from "@tanstack/react-query";
import type { ListedEntryWire } from "@/api/schema";
import { Button } from "@/kit";
import { counted, formatBytes, formatExactBytes } from "@/kit/format";
import { downloadArchive } from "./download";
import styles from "./Panel.module.css";
import { folderQuery } from "./queries";

interface ManyDetailsProps {
  bucket: string;
  entries: readonly ListedEntryWire[];
  selection: ReadonlySet<string>;
}

const MOST_FOLDERS = 20; // each is a question to the server

/** Several things at once: how many, and how large together. */
export function ManyDetails({ bucket, entries, selection }: ManyDetailsProps) {
  const files = entries.filter((entry) => selection.has(entry.file_id));
  const folders = [...selection].filter((key) => key.endsWith("/"));
  const asked = folders.slice(0, MOST_FOLDERS);
  const facts = useQueries({ queries: asked.map((folder) => folderQuery(bucket, folder)) }).map((one) => one.data);
  const isCounted = asked.length === folders.length && facts.every((one) => one && !one.is_capped);
  const bytes = files.reduce((sum, file) => sum + file.size, 0) + facts.reduce((sum, one) => sum + (one?.logical_bytes ?? 0), 0);
  const paths = [...folders, ...files.map((file) => file.path)];
  const what = [folders.length > 0 ? counted(folders.length, "folder") : "", files.length > 0 ? counted(files.length, "file") : ""].filter(Boolean).join(", ");
  return (
    <>
      <p className={styles.name}>{what}</p>
      <p className={styles.note} title={formatExactBytes(bytes)}>
        {isCounted ? "" : "more than "}
        {formatBytes(bytes)} together
      </p>
      <div className={styles.acts}>
        <Button size="small" icon="download" onClick={() => downloadArchive(bucket, paths)}>
          Download
        </Button>
      </div>
    </>
  );
}
