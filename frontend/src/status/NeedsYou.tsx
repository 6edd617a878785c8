import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "react-router";
import { api } from "@/api/client";
import { keys } from "@/api/queries";
import type { BucketWire, EventWire, SummaryWire } from "@/api/schema";
import { refusal } from "@/gate/words";
import { Button, Problem, useNow } from "@/kit";
import { counted, formatAge } from "@/kit/format";
import { useIsReachable } from "@/live/connection";
import { EventName, placeOf } from "./EventName";
import { Item, Items, Section } from "./Section";
import { inOwnTime } from "./words";
import styles from "./status.module.css";

interface Props {
  summary: SummaryWire;
  buckets: readonly BucketWire[];
}

/** What failed, damage first, each with its reason and what heals it. */
export function NeedsYou({ summary, buckets }: Props) {
  const events = worstFirst(summary);
  const retry = useRetry();
  const isReachable = useIsReachable();
  if (events.length === 0) return null;
  const all = (
    <Button size="small" disabled={!isReachable || retry.isPending} onClick={() => retry.mutate(null)}>
      Retry all
    </Button>
  );
  return (
    <Section title="Needs you" count={summary.counts.failed} end={events.length > 1 ? all : undefined}>
      {retry.error && <Problem>{refusal(retry.error)}</Problem>}
      <Items>
        {events.map((event) => (
          <Failed key={event.event_id} event={event} buckets={buckets} isDisabled={!isReachable || retry.isPending} onRetry={() => retry.mutate(event.event_id)} />
        ))}
      </Items>
      {summary.counts.failed > events.length && <p className={styles.more}>{counted(summary.counts.failed - events.length, "more", "more")}</p>}
    </Section>
  );
}

interface FailedProps {
  event: EventWire;
  buckets: readonly BucketWire[];
  isDisabled: boolean;
  onRetry: () => void;
}

function Failed({ event, buckets, isDisabled, onRetry }: FailedProps) {
  const now = useNow();
  const navigate = useNavigate();
  const bucket = buckets.find((one) => one.id === event.bucket_id);
  const id = `name-${event.event_id}`;
  const hasVersions = event.error === "parts-damaged" && bucket !== undefined && event.file_id !== null && event.path !== null;
  return (
    <Item
      look="bad"
      what={
        <span id={id} className={styles.name}>
          <EventName event={event} buckets={buckets} />
        </span>
      }
      why={inOwnTime(`${event.reason ?? "It could not be checked."} ${event.next_step ?? ""}`.trim())}
      age={formatAge(Math.max(0, now.getTime() - Date.parse(event.updated_at)))}
      acts={
        <>
          {hasVersions && (
            <Button size="small" aria-describedby={id} onClick={() => void navigate(placeOf(event, bucket, "versions"))}>
              Versions
            </Button>
          )}
          <Button size="small" aria-describedby={id} disabled={isDisabled} onClick={onRetry}>
            Retry
          </Button>
        </>
      }
    />
  );
}

/** One event again, or all that failed: null. */
function useRetry() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (event: string | null): Promise<void> => {
      if (event === null) await api.POST("/api/v1/sync-events/retry");
      else await api.POST("/api/v1/sync-events/{event_id}/retry", { params: { path: { event_id: event } } });
    },
    onSettled: () => client.invalidateQueries({ queryKey: keys.summary }),
  });
}

function worstFirst({ damaged_files: damaged, failed }: SummaryWire): EventWire[] {
  const found = new Map([...damaged, ...failed].map((event) => [event.event_id, event]));
  return [...found.values()];
}
