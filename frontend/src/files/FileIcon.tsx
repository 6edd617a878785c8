import { Icon, type IconName } from "@/kit";
import styles from "./FileIcon.module.css";

const ENDINGS: [RegExp, IconName][] = [
  [/\.(zip|gz|zst|xz|bz2|7z|rar|tar|tgz)$/i, "f-zip"],
  [/\.(csv|tsv|xlsx?|ods|numbers)$/i, "f-table"],
  [/\.(html?|css|m?[jt]sx?|json|xml|ya?ml|toml|py|rs|go|c|h|cpp|sh|sql)$/i, "f-code"],
  [/\.(md|txt|rtf|docx?|odt|pages|log)$/i, "f-text"],
  [/\.pdf$/i, "f-pdf"],
  [/\.(mp4|mov|mkv|webm|avi)$/i, "f-video"],
  [/\.(mp3|flac|wav|ogg|m4a|opus)$/i, "f-audio"],
];
const TYPES: [string, IconName][] = [
  ["video/", "f-video"],
  ["audio/", "f-audio"],
  ["application/pdf", "f-pdf"],
  ["text/", "f-text"],
];

/** What sort of file it is, by its ending, else by its type. Decoration. */
export function iconOf(name: string, type: string): IconName {
  return ENDINGS.find(([ending]) => ending.test(name))?.[1] ?? TYPES.find(([start]) => type.startsWith(start))?.[1] ?? "file";
}

export function FileIcon({ name, type }: { name: string; type: string }) {
  return (
    <span className={styles.kind}>
      <Icon name={iconOf(name, type)} />
    </span>
  );
}

export function FolderIcon() {
  return (
    <span className={[styles.kind, styles.folder].join(" ")}>
      <Icon name="folder" />
    </span>
  );
}

export function BucketIcon() {
  return (
    <span className={[styles.kind, styles.bucket].join(" ")}>
      <Icon name="bucket" />
    </span>
  );
}
