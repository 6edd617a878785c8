import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { reach } from "@/api/client";
import { problemOf } from "@/api/problems";
import { formatBytes } from "@/kit/format";
import { decoded, type Decoded } from "./decode";
import styles from "./Preview.module.css";

const MOST_BYTES = 1_048_576;

/** The beginning of a text, as text, whatever it claims to be. */
export function TextView({ address, size, name, onFail }: { address: string; size: number; name: string; onFail: () => void }) {
  const found = useQuery({ queryKey: ["text", address], queryFn: ({ signal }) => readStart(address, signal), staleTime: Infinity, gcTime: 60_000 });
  const isUnreadable = found.data === null || found.error !== null;
  useEffect(() => {
    if (isUnreadable) onFail();
  }, [isUnreadable, onFail]);
  if (!found.data) return null;
  return (
    <div className={styles.text}>
      <p className={styles.note}>
        {size > MOST_BYTES ? `The first ${formatBytes(MOST_BYTES)} of ${formatBytes(size)}. ` : ""}
        {found.data.encoding === "UTF-8" ? "" : `Read as ${found.data.encoding}.`}
      </p>
      <pre tabIndex={0} role="region" aria-label={name} dir="auto">
        {found.data.text}
      </pre>
    </div>
  );
}

async function readStart(address: string, signal: AbortSignal): Promise<Decoded | null> {
  const answer = await reach(address, { signal, headers: { Range: `bytes=0-${MOST_BYTES - 1}` } });
  if (!answer.ok) throw await problemOf(answer);
  const bytes = new Uint8Array(await answer.arrayBuffer()).subarray(0, MOST_BYTES);
  return decoded(bytes, bytes.length === MOST_BYTES);
}
