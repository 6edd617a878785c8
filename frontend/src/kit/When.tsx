import type { PointerEvent } from "react";
import { formatFull, formatShortWhen, formatWhen } from "./format";
import { useNow } from "./now";

/** A moment, as people say it; the whole stamp is its tooltip. */
export function When({ at, short = false }: { at: string; short?: boolean }) {
  const now = useNow();
  const date = new Date(at);
  return (
    <time dateTime={at} onPointerEnter={tell}>
      {short ? formatShortWhen(date, now) : formatWhen(date, now)}
    </time>
  );
}

/** Only now: of hundreds of stamps on a screen few are ever asked for. */
function tell({ currentTarget }: PointerEvent<HTMLTimeElement>): void {
  currentTarget.title = formatFull(new Date(currentTarget.dateTime));
}
