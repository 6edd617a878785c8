import type { BucketWire, FolderFactsWire } from "@/api/schema";
import { counted, formatBytes, formatCount } from "@/kit/format";
import type { Listing } from "./listing";

interface FolderFactsProps {
  bucket: BucketWire;
  prefix: string;
  listing: Listing;
  facts: ReadonlyMap<string, FolderFactsWire>;
}

/** "16 items · 45.3 GB · 1 failed, 2 being checked": of all that lies here, folders with all in them. */
export function FolderFacts({ bucket, prefix, listing, facts }: FolderFactsProps) {
  const items = listing.entries.length + listing.folders.length;
  if (!listing.isWhole) return `${formatCount(items)} items so far`;
  if (items === 0) return "Empty";
  const below = [...facts.values()];
  const isKnown = listing.folders.every((folder) => facts.has(folder));
  const own = listing.entries.reduce((sum, entry) => sum + entry.size, 0);
  const bytes = prefix === "" ? bucket.logical_bytes : isKnown ? own + below.reduce((sum, one) => sum + one.logical_bytes, 0) : null;
  const failed = listing.entries.filter((entry) => entry.sync_status === "failed").length + below.reduce((sum, one) => sum + one.failed, 0);
  const checking = listing.entries.filter(isChecked).length + below.reduce((sum, one) => sum + one.checking, 0);
  const states = [failed > 0 && `${formatCount(failed)} failed`, checking > 0 && `${formatCount(checking)} being checked`].filter(Boolean);
  return [counted(items, "item"), bytes !== null && formatBytes(bytes), states.join(", ")].filter(Boolean).join(" · ");
}

const isChecked = ({ sync_status: status }: { sync_status: string | null }): boolean => status === "pending" || status === "processing";
