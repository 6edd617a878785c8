/** What stands at the target already: files with the same names, and names that are free. */

import { type FileTask, existingOf } from "./task";
import * as wire from "./wire";

const ONE_BY_ONE = 20;
const LONGEST_NAME_BYTES = 255;

/** Say of each task what stands at its path. `prefix`: the folder that they were dropped into. */
export async function lookUp(bucket: string, prefix: string, tasks: FileTask[], signal: AbortSignal): Promise<void> {
  const loose = tasks.filter(({ path }) => !path.slice(prefix.length).includes("/"));
  const folders = new Set(tasks.filter((task) => !loose.includes(task)).map(({ path }) => path.slice(0, path.indexOf("/", prefix.length) + 1)));
  const listings = [...folders].map((folder) => wire.filesBelow(bucket, folder, signal));
  if (loose.length > ONE_BY_ONE) listings.push(wire.filesBelow(bucket, prefix, signal, "/"));
  // A file comes first among all paths that begin with its own.
  else listings.push(...loose.map(({ path }) => wire.filesBelow(bucket, path, signal, "", 1)));
  const standing = new Map((await Promise.all(listings)).flat().map((entry) => [entry.path, entry]));
  for (const task of tasks) {
    const entry = standing.get(task.path);
    task.existing = entry ? existingOf(entry) : null;
  }
}

/** `ridge.jpg` → `ridge (2).jpg`, or the first number above that is free, here and among `taken`. */
export async function freePath(bucket: string, path: string, taken: ReadonlySet<string>, signal: AbortSignal): Promise<string> {
  const { folder, stem, extension } = partsOf(path);
  const here = await wire.filesBelow(bucket, `${folder}${stem} (`, signal);
  const standing = new Set(here.map((entry) => entry.path));
  for (let number = 2; ; number += 1) {
    const free = `${folder}${numbered(stem, extension, number)}`;
    if (!standing.has(free) && !taken.has(free)) return free;
  }
}

export function partsOf(path: string): { folder: string; stem: string; extension: string } {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const dot = name.lastIndexOf(".");
  const [stem, extension] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ""];
  return { folder: path.slice(0, path.length - name.length), stem: stem.replace(/ \(\d{1,4}\)$/, ""), extension };
}

/** A name has at most 255 bytes: what is too long loses the end of its stem. */
function numbered(stem: string, extension: string, number: number): string {
  const tail = ` (${number})${extension}`;
  const characters = Array.from(stem);
  const bytes = (): number => new TextEncoder().encode(characters.join("") + tail).length;
  while (characters.length > 0 && bytes() > LONGEST_NAME_BYTES) characters.pop();
  return characters.join("") + tail;
}
