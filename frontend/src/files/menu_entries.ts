import { keysShown } from "@/frame/keys";
import type { MenuEntry } from "@/kit";
import type { FileRow, Row } from "./rows";
import { isTaggable } from "./tagging";

export interface RowActs {
  open: (row: Row) => void;
  download: (rows: readonly Row[]) => void;
  details: (row: Row) => void;
  versions: (row: Row) => void;
  rename: (row: Row) => void;
  move: (rows: readonly Row[]) => void;
  tag: (rows: readonly FileRow[]) => void;
  copyLink: (row: Row) => void;
  remove: (rows: readonly Row[]) => void;
}

/** What can be done with `rows`: of several only what makes sense for all of them. */
export function entriesFor(rows: readonly Row[], acts: RowActs, isReadOnly: boolean): MenuEntry[] {
  const [row] = rows;
  if (!row) return [];
  const one: MenuEntry[] = rows.length > 1 ? [] : [{ label: "Copy link", icon: "copy", onSelect: () => acts.copyLink(row) }];
  const file: MenuEntry[] =
    rows.length > 1 || row.kind === "folder"
      ? []
      : [
          { label: "Details", icon: "info", keys: keysShown("Alt Enter"), onSelect: () => acts.details(row) },
          { label: "Versions", icon: "history", onSelect: () => acts.versions(row) },
        ];
  const rename: MenuEntry[] = rows.length > 1 ? [] : [{ label: "Rename", icon: "pencil", keys: keysShown("F2"), onSelect: () => acts.rename(row) }];
  const changes: MenuEntry[] = [
    "line",
    ...rename,
    { label: "Move", icon: "move", onSelect: () => acts.move(rows) },
    ...(isTaggable(rows) ? [{ label: "Tag", icon: "tag" as const, onSelect: () => acts.tag(rows) }] : []),
    ...one,
    "line",
    { label: "Delete", icon: "trash", keys: keysShown("Del"), onSelect: () => acts.remove(rows) },
  ];
  return [{ label: "Download", icon: "download", onSelect: () => acts.download(rows) }, ...file, ...(isReadOnly ? one : changes)];
}
