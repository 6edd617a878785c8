/** Versions of a file, as people tell them apart. */

import type { FileWire } from "@/api/schema";
import { formatBytes } from "@/kit/format";

/** A deletion is a version without content. */
export const isDeletion = (version: FileWire): boolean => version.content_hash === null && version.etag === "";

/** "2.1 MB larger" than the one before it; empty where nothing is known of that, or nothing differs. */
export function sizeChange(version: FileWire, before: FileWire | undefined): string {
  if (!before || isDeletion(version) || isDeletion(before) || before.size === version.size) return "";
  const difference = version.size - before.size;
  return `${formatBytes(Math.abs(difference))} ${difference > 0 ? "larger" : "smaller"}`;
}

/** By which device and by whom: "MacBook of Lena · you". */
export function byWhom(version: FileWire, devices: ReadonlyMap<string, string> | undefined, me: string | undefined): string {
  const device = version.device === null ? "" : (devices?.get(version.device) ?? "another device");
  return [device, me === undefined ? "" : version.actor === me ? "you" : "someone else"].filter(Boolean).join(" · ");
}
