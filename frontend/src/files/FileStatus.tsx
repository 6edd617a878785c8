import type { FolderFactsWire, ListedEntryWire } from "@/api/schema";
import { Status, When } from "@/kit";
import { counted, formatCount, formatPercent } from "@/kit/format";

type Standing = Pick<ListedEntryWire, "sync_status" | "sync" | "verified_at">;

/** How a file stands, in the words that all of the page uses for it. */
export function FileStatus({ entry }: { entry: Standing }) {
  const { sync_status: status, sync, verified_at: verified } = entry;
  if (status === "failed") return <Status kind="bad" word={`Failed: ${failureOf(entry)}`} />;
  if (status === "completed" || (status === null && verified !== null)) {
    return <Status kind="ok" word="Verified" more={verified === null ? undefined : <When at={verified} short />} />;
  }
  if (sync?.error) return <Status kind="wait" word={`Waiting: ${sync.error === "store-unavailable" ? "the store does not answer" : (sync.reason ?? "")}`} />;
  const share = sync && sync.total_chunks > 0 && sync.chunks_verified > 0 ? sync.chunks_verified / sync.total_chunks : null;
  return <Status kind="busy" word="Checking" more={share === null ? undefined : formatPercent(Math.min(0.99, share))} />;
}

/** Why a check failed, as people say it: "2 parts missing". */
export function failureOf({ sync }: Standing): string {
  switch (sync?.error) {
    case "parts-missing":
      return sync.missing_chunks ? `${counted(sync.missing_chunks, "part")} missing` : "parts missing";
    case "parts-damaged":
      return "damaged";
    case "not-readable-by-owner":
      return "not readable by its owner";
    default:
      return "disk error";
  }
}

/** Of a folder: only what is not well is told. */
export function FolderStatus({ facts }: { facts: FolderFactsWire | undefined }) {
  if (!facts) return null;
  if (facts.failed > 0) return <Status kind="bad" word={`Failed: ${counted(facts.failed, "file")}`} />;
  if (facts.checking > 0) return <Status kind="busy" word="Checking" more={`${formatCount(facts.checking)} of ${formatCount(facts.files)}`} />;
  return null;
}
