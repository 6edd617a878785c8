/** What the tray says. */

import { ApiProblem } from "@/api/problems";
import { counted, formatBytes, formatCount, formatPercent, formatShareOfBytes } from "@/kit/format";
import { FileChanged } from "./reading";

export const NO_ROOM = "No room:";
export const CHANGED = "It changed while it was read";
export const UNREADABLE = "It could not be read";
export const STALLED = "Waiting for the network";

/** Whether the same file, chosen again some day, may come in. What the server refuses it refuses again. */
export const mayPass = (problem: string | null): boolean => problem === CHANGED || problem === UNREADABLE || (problem?.startsWith(NO_ROOM) ?? false);

/** Why a file is not there, and where there is a way, what it takes. */
export function problemWords(error: unknown): string {
  if (error instanceof FileChanged) return CHANGED;
  if (!(error instanceof ApiProblem)) return UNREADABLE;
  if (error.slug === "quota-exceeded") return noRoom(error.document);
  return refusalWords(error.slug, error.message, error.status);
}

export function refusalWords(slug: string, detail: string, status = 0): string {
  if (slug === "storage-full") return `${NO_ROOM} the server's disks are full`;
  if (slug === "path-taken") return detail.includes("/` is in the way") ? "A folder has this name already" : "A file has the name of its folder";
  if (slug === "path-invalid") return "This name cannot be kept";
  if (slug === "bucket-not-found") return "Its bucket is no more";
  if (status === 403) return "You may only read here";
  return "The server does not take it";
}

function noRoom({ used_bytes: used, quota_bytes: quota, wanted_bytes: wanted }: Record<string, unknown>): string {
  if (typeof used !== "number" || typeof quota !== "number" || typeof wanted !== "number") return `${NO_ROOM} the bucket's owner has used up theirs`;
  return `${NO_ROOM} ${formatBytes(used + wanted - quota)} over your ${roundQuota(quota)}`;
}

/** A quota is a round number, and is said as one: "1 TB", not "1.0 TB". */
const roundQuota = (bytes: number): string => formatBytes(bytes).replace(/[.,]0(?= )/, "");

/** The facts of one line of the tray, which may be a whole folder. */
export interface Facts {
  kind: "file" | "folder";
  files: number;
  ended: number;
  size: number;
  stored: number;
  sent: number;
  busy: number;
  asking: number;
  failed: number;
  failedName: string | null; // the first one's within a folder
  homeless: { files: number; bytes: number }; // failed for want of room
  skipped: number;
  same: number;
  healed: number;
  problem: string | null;
  waitsUntil: number | null;
  isPaused: boolean;
  isReading: boolean;
  isStalled: boolean;
  keptShare: number | null; // begun before a reload
  isOther: boolean; // what was chosen to go on with is something else
}

export type Look = "plain" | "bad" | "ok" | "wait";

/** The line below the name. */
export function lineOf(facts: Facts, now: number): { text: string; look: Look } {
  if (facts.keptShare !== null) return keptLine(facts, facts.keptShare);
  if (facts.ended === facts.files && !facts.isReading) return endLine(facts);
  if (facts.isPaused) return plain(facts.isReading ? "Paused" : `Paused at ${progressOf(facts)}`);
  if (facts.waitsUntil !== null) return { text: lostLine(facts.waitsUntil, now), look: "wait" };
  if (facts.isReading) return plain(facts.files ? `Reading · ${counted(facts.files, "file")}` : "Reading");
  if (facts.isStalled) return { text: STALLED, look: "wait" };
  if (facts.busy === 0 && facts.asking > 0) return plain("Waiting for your answer");
  if (facts.busy === 0) return plain("Waiting its turn");
  if (facts.kind === "file" && facts.stored === 0) return plain("Reading");
  if (facts.kind === "file" && facts.stored === facts.size) return plain("Sending");
  return plain(progressOf(facts));
}

const plain = (text: string): { text: string; look: Look } => ({ text, look: "plain" });

export const lostLine = (until: number, now: number): string =>
  navigator.onLine ? `Connection lost. Trying again in ${counted(Math.max(1, Math.ceil((until - now) / 1000)), "second")}` : STALLED;

function keptLine(facts: Facts, share: number): { text: string; look: Look } {
  const what = facts.kind === "folder" ? "folder" : "file";
  if (facts.isOther) return { text: `That is another ${what}. Choose this one`, look: "bad" };
  return plain(`Choose the ${what} again to go on. ${formatPercent(Math.min(share, 0.99))} is here`);
}

const progressOf = ({ kind, files, ended, stored, size }: Facts): string =>
  kind === "folder" ? `${formatCount(ended)} of ${counted(files, "file")} · ${formatShareOfBytes(stored, size)}` : formatShareOfBytes(stored, size);

function endLine(facts: Facts): { text: string; look: Look } {
  const { files, failed, skipped, same, healed, sent, size } = facts;
  if (failed > 0) return { text: failureLine(facts), look: "bad" };
  if (skipped === files && files > 0) return plain("Skipped");
  if (same === files && files > 0) return { text: files === 1 ? "Same file, nothing to send" : "Same files, nothing to send", look: "ok" };
  if (healed > 0) return { text: healedLine(facts), look: "ok" };
  const left = skipped ? ` ${counted(skipped, "file")} skipped` : "";
  if (sent < size && sent > 0 && !skipped) return { text: `Done. Sent ${partOf(sent, size)}, the rest was here`, look: "ok" };
  if (sent === 0 && size > 0 && !skipped) return { text: "Done. All of it was here", look: "ok" };
  return { text: left ? `Done.${left}` : "Done", look: "ok" };
}

/** In a folder each failure has a name, and all for which there is no room are told together. */
function failureLine({ failed, failedName, homeless, problem }: Facts): string {
  if (failedName === null) return problem ?? "";
  if (homeless.files === failed) return `${NO_ROOM} ${counted(homeless.files, "file")} of ${formatBytes(homeless.bytes)} ${failed === 1 ? "is" : "are"} left out`;
  const others = failed > 1 ? ` and ${counted(failed - 1, "other")}` : "";
  return `${failedName}${others} failed: ${lowered(problem ?? "")}`;
}

/** What is too little to be told in the unit of the whole keeps its own. */
const partOf = (bytes: number, size: number): string =>
  bytes < size / 100 ? `${formatBytes(bytes)} of ${formatBytes(size)}` : formatShareOfBytes(bytes, size);

/** Parts that were damaged are whole again; nothing else has changed. */
function healedLine({ files, healed, sent, size }: Facts): string {
  if (files > 1) return `Healed ${counted(healed, "file")}. Sent ${formatBytes(sent)}`;
  return sent < size ? `Healed. Sent ${partOf(sent, size)}, the rest was whole` : `Healed. Sent ${formatBytes(size)}`;
}

const lowered = (text: string): string => text.slice(0, 1).toLowerCase() + text.slice(1);
