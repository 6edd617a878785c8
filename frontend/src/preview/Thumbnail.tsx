import { useEffect, useState } from "react";
import type { ListedEntryWire } from "@/api/schema";
import { versionAddress } from "@/details/download";
import { FileIcon } from "@/files/FileIcon";
import { baseOf } from "@/kit/names";
import { kindOf } from "./kinds";
import { whenStill } from "./still";
import styles from "./Thumbnail.module.css";

const MOST_BYTES = 8_000_000; // The whole file is read for its thumbnail.

export const isSmallImage = (entry: Pick<ListedEntryWire, "content_type" | "path" | "kind" | "size">): boolean =>
  kindOf(entry) === "image" && entry.size > 0 && entry.size <= MOST_BYTES;

/** In a list: a small picture of an image once the reader rests, an icon before, and of everything else. It never changes its size. */
export function Thumbnail({ entry }: { entry: ListedEntryWire }) {
  const [asked, ask] = useState("");
  const [failed, fail] = useState("");
  const version = entry.version_id;
  const isWanted = isSmallImage(entry) && failed !== version;
  useEffect(() => (isWanted ? whenStill(() => ask(version)) : undefined), [isWanted, version]);
  return (
    <span className={styles.thumbnail}>
      <FileIcon name={baseOf(entry.path)} type={entry.content_type} />
      {isWanted && asked === version && <img src={versionAddress(entry.file_id, version)} alt="" decoding="async" loading="lazy" draggable={false} onError={() => fail(version)} />}
    </span>
  );
}
