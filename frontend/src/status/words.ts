import type { StandingWire, RoundWire } from "@/api/schema";
import { counted, formatAge, formatClock, formatDay } from "@/kit/format";

const NAMES: Record<string, string> = {
  metadata: "Catalogue",
  sync: "Sync",
  chunker: "Chunker",
  "block-storage": "Block storage",
  identity: "Identity",
  s3: "S3",
  database: "Database",
  store: "Store",
  worker: "Worker",
  broker: "Broker",
};

/** A part of the installation, as people call it. */
export function partName(name: string): string {
  const copy = /^copy (\d+)$/.exec(name);
  return copy?.[1] ? `Store, copy ${copy[1]}` : (NAMES[name] ?? name.charAt(0).toUpperCase() + name.slice(1));
}

/** What is said of a part that is not well; null of one that is. */
export function partNote({ state, since, name }: StandingWire, now: Date): string | null {
  if (state === "up") return null;
  const age = formatAge(Math.max(0, now.getTime() - Date.parse(since)));
  if (state === "slow") return `Slow for ${age}.`;
  return name === "worker" ? `None is at work, for ${age}.` : `No answer for ${age}.`;
}

/** Reasons come with hours of the world's clock; the reader has their own. */
export const inOwnTime = (text: string): string =>
  text.replace(/(\d\d):(\d\d) UTC/, (_, hours: string, minutes: string) => {
    const at = new Date();
    at.setUTCHours(Number(hours), Number(minutes), 0, 0);
    return formatClock(at);
  });

/** "Last full round: 28 Nov, everything whole." Amounts are told to administrators only. */
export function saidOfLast({ ended_at: ended, damaged, healed }: RoundWire, now: Date): string {
  if (ended === null) return "";
  const outcome = damaged === null || healed === null ? "" : damaged + healed === 0 ? ", everything whole" : `, ${counted(damaged, "part")} damaged, ${healed} healed`;
  return `Last full round: ${formatDay(new Date(ended), now)}${outcome}.`;
}
