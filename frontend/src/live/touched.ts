import type { QueryKey } from "@tanstack/react-query";
import { parentOf } from "@/kit/names";
import type { News } from "./journals";

/** What is known under one of these names is known of the bucket: its id and its name. */
export type NamesOf = (bucket: string) => readonly string[];

/** Whether a file is among what a query has loaded. */
export type Holds = (file: string) => boolean;

interface Touched {
  folders: Set<string>; // whose lists have changed
  files: Set<string>;
  checked: Set<string>; // files of which only the check has moved
  isWhole: boolean;
  hasTrash: boolean;
}

const nothing = (): Touched => ({ folders: new Set(), files: new Set(), checked: new Set(), isWhole: false, hasTrash: false });

/** Keys that say something about all files together. */
const ABOUT_FILES = new Set(["search", "usage", "stats"]);

/** Which queries show something that the news has made old. */
export class Stale {
  private readonly buckets = new Map<string, Touched>();
  private readonly isEverything: boolean;
  private hasFiles = false;
  private hasBuckets = false;
  private readonly hasAnyCheck: boolean;

  constructor(
    news: News,
    private readonly namesOf: NamesOf,
  ) {
    this.isEverything = news.everything;
    for (const change of news.changes) {
      if (change.kind.startsWith("bucket.")) {
        this.hasBuckets = true;
        this.of(change.bucket_id).isWhole = true;
      } else this.addFile(change);
    }
    for (const bucket of news.whole) {
      this.of(bucket).isWhole = true;
      this.hasFiles = true;
    }
    this.hasAnyCheck = news.checks === "any";
    if (news.checks !== "any") for (const { bucket, file } of news.checks.values()) this.of(bucket).checked.add(file);
  }

  /** `holds`: asked only where the key alone does not tell. */
  has(key: QueryKey, holds: Holds): boolean {
    const [about, bucket] = key;
    if (this.isEverything) return about !== "me";
    if (about === "sync") return true;
    if (about === "buckets") return this.hasBuckets || this.hasFiles;
    if (typeof about === "string" && ABOUT_FILES.has(about)) return this.hasFiles || (about === "search" && (this.hasAnyCheck || this.holdsChecked(holds)));
    if (this.hasAnyCheck && about === "bucket") return true;
    const touched = about === "bucket" && typeof bucket === "string" ? this.buckets.get(bucket) : undefined;
    return touched !== undefined && isTouched(touched, key, holds);
  }

  private addFile(change: News["changes"][number]): void {
    this.hasFiles = true;
    const touched = this.of(change.bucket_id);
    if (change.file_id !== null) touched.files.add(change.file_id);
    for (const path of [change.path, change.old_path]) for (const folder of path === null ? [] : foldersOf(path)) touched.folders.add(folder);
    if (/deleted|restored|purged/.test(change.kind)) touched.hasTrash = true;
  }

  private holdsChecked(holds: Holds): boolean {
    return [...this.buckets.values()].some((touched) => [...touched.checked].some(holds));
  }

  private of(bucket: string): Touched {
    const found = this.buckets.get(bucket) ?? nothing();
    for (const name of this.namesOf(bucket)) this.buckets.set(name, found);
    return found;
  }
}

function isTouched(touched: Touched, [, , what, which]: QueryKey, holds: Holds): boolean {
  if (touched.isWhole || what === undefined) return true;
  const checked = (): boolean => [...touched.checked].some(holds);
  if (what === "files") return (typeof which === "string" && touched.folders.has(which)) || checked();
  if (what === "folders") return touched.folders.size > 0 || touched.checked.size > 0;
  if (what === "file") return typeof which === "string" && (touched.files.has(which) || touched.checked.has(which));
  if (what === "trash") return touched.hasTrash || checked();
  return touched.folders.size > 0 || touched.files.size > 0;
}

/** Its own and all above: a new file may be a new folder of any of them. */
function foldersOf(path: string): string[] {
  const found: string[] = [];
  for (let folder = parentOf(path); ; folder = parentOf(folder)) {
    found.push(folder);
    if (folder === "") return found;
  }
}
