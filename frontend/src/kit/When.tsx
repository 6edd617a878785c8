import { formatFull, formatShortWhen, formatWhen } from "./format";
import { useNow } from "./now";

/** A moment, as people say it; the whole stamp is its tooltip. */
export function When({ at, short = false }: { at: string; short?: boolean }) {
  const now = useNow();
  const date = new Date(at);
  return (
    <time dateTime={at} title={formatFull(date)}>
      {short ? formatShortWhen(date, now) : formatWhen(date, now)}
    </time>
  );
}
