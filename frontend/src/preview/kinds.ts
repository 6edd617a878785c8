/** Which files can be shown, and how, by what they say of themselves: their type, or their name where that says nothing. */

import type { ListedEntryWire } from "@/api/schema";
import { baseOf } from "@/kit/names";

export type PreviewKind = "image" | "text" | "pdf" | "audio" | "video";

type Shown = Pick<ListedEntryWire, "content_type" | "path" | "kind">;

const SILENT = new Set(["", "application/octet-stream", "binary/octet-stream"]);
const IMAGES = new Set(["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp", "image/x-icon", "image/vnd.microsoft.icon", "image/svg+xml"]);
const TEXTS = /^(text\/|application\/(json|xml|javascript|x-sh|x-yaml|yaml|toml|sql|x-tex|rtf$)|.*\+(json|xml)$|message\/)/;

const BY_ENDING: Record<string, PreviewKind> = Object.fromEntries(
  (
    [
      ["image", "png jpg jpeg gif webp avif bmp ico"],
      ["pdf", "pdf"],
      ["audio", "mp3 wav flac ogg oga opus m4a aac"],
      ["video", "mp4 m4v webm mov mkv ogv"],
      ["text", "txt md markdown log csv tsv json xml yaml yml toml ini cfg conf html htm css js mjs ts tsx jsx py rs go c h cpp hpp java kt rb php pl sh bash sql tex rst diff patch srt vtt ics vcf gitignore"],
    ] as [PreviewKind, string][]
  ).flatMap(([kind, endings]) => endings.split(" ").map((ending) => [ending, kind])),
);

/** null: it cannot be shown, only downloaded. */
export function kindOf({ content_type, path, kind }: Shown): PreviewKind | null {
  if (kind !== "file") return null;
  const type = plainType(content_type);
  if (SILENT.has(type)) return BY_ENDING[endingOf(path)] ?? null;
  if (IMAGES.has(type)) return "image";
  if (type === "application/pdf") return "pdf";
  if (type.startsWith("audio/")) return "audio";
  if (type.startsWith("video/")) return "video";
  return TEXTS.test(type) ? "text" : null;
}

/** "PNG image", "PDF document": the type as people call it; the type itself where there is no such word. */
export function typeName({ content_type, path, kind }: Shown): string {
  if (kind === "symlink") return "Symbolic link";
  const type = plainType(content_type);
  const ending = endingOf(path).toUpperCase();
  const named = kindOf({ content_type, path, kind });
  const words: Record<PreviewKind, string> = { image: "image", text: "text", pdf: "document", audio: "sound", video: "video" };
  if (SILENT.has(type)) return ending ? `${ending} ${named ? words[named] : "file"}` : "File";
  if (named === null || !/^[A-Z0-9]{1,5}$/.test(ending)) return type;
  return `${ending} ${words[named]}`;
}

const plainType = (type: string): string => (type.split(";")[0] ?? "").trim().toLowerCase();

function endingOf(path: string): string {
  const name = baseOf(path);
  return name.includes(".") ? name.slice(name.lastIndexOf(".") + 1).toLowerCase() : "";
}
