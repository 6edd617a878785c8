import { type Source, sourcesIn } from "./walk";

const FIELDS = "input, textarea, [contenteditable]";

/** Files and pictures that are pasted anywhere but into a field. A picture without a name is called by its moment. */
export function pastedFrom(data: DataTransfer, at: EventTarget | null, now: Date): Source[] {
  if (at instanceof Element && at.closest(FIELDS)) return [];
  return sourcesIn(data).map((source) => (source.kind === "file" && isPicture(data, source.found.file) ? named(source, pictureName(source.found.file, now)) : source));
}

/** What was copied out of a picture comes beside its markup or alone, under a name that all such have. */
const isPicture = (data: DataTransfer, file: File): boolean => data.files.length === 1 && /^image\.\w+$/.test(file.name) && file.type.startsWith("image/");

function pictureName(file: File, now: Date): string {
  const two = (number: number): string => String(number).padStart(2, "0");
  const day = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  return `Pasted ${day} at ${two(now.getHours())}.${two(now.getMinutes())}.${two(now.getSeconds())}${file.name.slice(file.name.lastIndexOf("."))}`;
}

function named(source: Extract<Source, { kind: "file" }>, name: string): Source {
  const { file } = source.found;
  const renamed = new File([file], name, { type: file.type, lastModified: file.lastModified });
  return { kind: "file", name, found: { path: name, file: renamed, fresh: null } };
}
