import { type ReactNode, useEffect, useRef } from "react";
import { createPortal } from "react-dom";
import type { BucketWire, ListedEntryWire } from "@/api/schema";
import { IconButton } from "@/kit";
import { FileDetails } from "./FileDetails";
import { FolderDetails } from "./FolderDetails";
import { ManyDetails } from "./ManyDetails";
import styles from "./Panel.module.css";

interface PanelProps {
  bucket: BucketWire;
  prefix: string;
  entries: readonly ListedEntryWire[];
  selection: ReadonlySet<string>;
  asked: string; // an id or a folder's path: where nothing is selected
  onClose: () => void;
  onVersions: (file: string) => void;
  onPreview: (file: string) => void;
}

/** Details of what is selected: a column beside the list where there is room, else above it. */
export default function Panel({ bucket, prefix, entries, selection, asked, onClose, onVersions, onPreview }: PanelProps) {
  const [first] = selection;
  const shown = selection.size === 1 && first !== undefined ? first : asked;
  return (
    <Aside onClose={onClose}>
      {selection.size > 1 ? (
        <ManyDetails bucket={bucket.id} entries={entries} selection={selection} />
      ) : shown === "" || shown.endsWith("/") ? (
        <FolderDetails key={shown} bucket={bucket} prefix={shown || prefix} />
      ) : (
        <FileDetails key={shown} bucket={bucket} file={shown} listed={entries.find((entry) => entry.file_id === shown)} onVersions={onVersions} onPreview={onPreview} />
      )}
    </Aside>
  );
}

const NARROW = "(max-width: 1099px)"; // where the panel lies above the list, and takes the focus

function Aside({ onClose, children }: { onClose: () => void; children: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    const opener = document.activeElement;
    if (!matchMedia(NARROW).matches) return;
    heading.current?.focus();
    return () => {
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
    };
  }, []);
  const sheet = document.getElementById("sheet");
  if (!sheet) return null;
  return createPortal(
    <aside
      className={styles.panel}
      aria-label="Details"
      onKeyDown={(event) => {
        if (event.key !== "Escape" || event.defaultPrevented) return;
        event.stopPropagation();
        onClose();
      }}
    >
      <header className={styles.head}>
        <h2 ref={heading} tabIndex={-1}>
          Details
        </h2>
        <IconButton icon="x" label="Close details" size="small" onClick={onClose} />
      </header>
      {children}
    </aside>,
    sheet,
  );
}
