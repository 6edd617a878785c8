import type { BucketWire, EventWire, SummaryWire } from "@/api/schema";
import { useNow, When } from "@/kit";
import { counted, formatAge, formatCount } from "@/kit/format";
import { EventName } from "./EventName";
import { Item, Items, Section } from "./Section";
import { inOwnTime } from "./words";
import styles from "./status.module.css";

interface Props {
  summary: SummaryWire;
  buckets: readonly BucketWire[];
}

/** What is being checked and what waits for it, the oldest first, each with its reason and its age. */
export function InWork({ summary, buckets }: Props) {
  const now = useNow();
  const { queue, in_work: events } = summary;
  if (queue.depth === 0) return null;
  const age = (at: string): string => formatAge(Math.max(0, now.getTime() - Date.parse(at)));
  return (
    <Section title="In work" count={queue.depth} end={queue.oldest_pending_at === null ? undefined : `oldest: ${age(queue.oldest_pending_at)}`}>
      <Items>
        {events.map((event) => (
          <Item key={event.event_id} look={event.status === "processing" ? "busy" : "wait"} what={<EventName event={event} buckets={buckets} />} why={whyOf(event)} age={age(event.created_at)} />
        ))}
      </Items>
      {queue.depth > events.length && <p className={styles.more}>{counted(queue.depth - events.length, "more", "more")}</p>}
    </Section>
  );
}

const whyOf = (event: EventWire): string =>
  inOwnTime(event.reason ?? "Waiting its turn") + (event.status === "processing" && event.worker !== null ? `, by ${event.worker}` : "");

const SHOWN = 5;

export function Healed({ summary, buckets }: Props) {
  if (summary.healed.length === 0) return null;
  return (
    <Section title="Healed lately">
      <Items>
        {summary.healed.slice(0, SHOWN).map((event) => (
          <Item
            key={event.event_id}
            look="ok"
            what={<EventName event={event} buckets={buckets} />}
            why={inOwnTime(event.reason ?? "It is whole again.")}
            age={event.healed_at === null ? undefined : <When at={event.healed_at} />}
          />
        ))}
      </Items>
    </Section>
  );
}

/** Where nothing waits, failed or is damaged: that it is so. */
export function AllWell({ summary }: { summary: SummaryWire }) {
  const { counts, queue, damaged_blocks: damaged, missing_blocks: missing } = summary;
  if (counts.failed + queue.depth + damaged + missing > 0 || summary.sentence.rest === "unknown") return null;
  return (
    <Items>
      <Item look="ok" what="Nothing waits, nothing failed, nothing is damaged" why={kept(summary)} />
    </Items>
  );
}

function kept({ sentence, health, checked_in_seconds: seconds }: SummaryWire): string {
  if (sentence.files === 0) return "What you upload is checked at once, and again in every round of proof.";
  const copies = health.filter((one) => one.name.startsWith("copy ")).length;
  const files = sentence.files === 1 ? "The one file is" : `All ${formatCount(sentence.files)} files are`;
  const where = copies > 1 ? `${files} on ${copies} disks.` : `${files} checked.`;
  return seconds === null ? where : `${where} The last change was verified after ${formatAge(Math.max(1000, seconds * 1000))}.`;
}
