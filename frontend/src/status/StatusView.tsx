import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { bucketsQuery, meQuery, summaryQuery } from "@/api/queries";
import type { BucketWire, SummaryWire } from "@/api/schema";
import { BarChart, LineChart } from "@/charts";
import { BarView } from "@/frame/BarView";
import { Icon, useNow } from "@/kit";
import { type Connection, useConnection } from "@/live/connection";
import { outcomesAnHour, rate, saidOfHours, saidOfMinutes, verifiedAMinute } from "./day";
import { Machines } from "./Machines";
import { NeedsYou } from "./NeedsYou";
import { Section } from "./Section";
import { moment, type Silence, tell } from "./sentence";
import { Truth } from "./Truth";
import { AllWell, Healed, InWork } from "./Work";
import styles from "./status.module.css";

const LOOK_AGAIN_MILLISECONDS = 20_000; // rounds and health move without a hint

/** The dashboard: how safe everything is, what needs somebody, what is in work, and how all parts are. */
export default function StatusView() {
  const now = useNow();
  const connection = useConnection();
  const me = useQuery(meQuery).data;
  const buckets = useQuery(bucketsQuery).data;
  const summary = useQuery({ ...summaryQuery, refetchInterval: LOOK_AGAIN_MILLISECONDS });
  const silence = silenceOf(connection, summary.isError ? new Date(summary.dataUpdatedAt) : null);
  const told = summary.data || silence ? tell(summary.data, silence, new Date(Math.max(now.getTime(), summary.dataUpdatedAt))) : null;
  return (
    <BarView title="Sync status" tools={<LiveMark state={connection.state} />}>
      {told && <Truth told={told} me={me} buckets={buckets} />}
      {summary.data && <Dashboard summary={summary.data} buckets={buckets ?? []} asOf={silence ? (silence.since ?? now) : null} />}
    </BarView>
  );
}

/** `failed`: as of when the summary is that could not be loaded again; the beginning of time where there is none. */
function silenceOf({ state, since }: Connection, failed: Date | null): Silence {
  if (state === "offline") return { because: "offline", since };
  if (failed) return { because: "no-answer", since: failed.getTime() === 0 ? null : failed };
  return state === "server-away" ? { because: "no-answer", since } : null;
}

interface DashboardProps {
  summary: SummaryWire;
  buckets: readonly BucketWire[];
  asOf: Date | null; // null: now
}

function Dashboard({ summary, buckets, asOf }: DashboardProps) {
  const now = useNow();
  return (
    <div className={styles.columns}>
      <div className={styles.stack}>
        {asOf && <p className={styles.asof}>What follows is as it was at {moment(asOf, now)}.</p>}
        {!asOf && <AllWell summary={summary} />}
        <NeedsYou summary={summary} buckets={buckets} />
        <InWork summary={summary} buckets={buckets} />
        <Day summary={summary} />
        <Healed summary={summary} buckets={buckets} />
      </div>
      {!asOf && <Machines summary={summary} />}
    </div>
  );
}

function Day({ summary }: { summary: SummaryWire }) {
  const { minutes, hours } = useMemo(() => {
    const at = new Date(summary.at);
    return { minutes: verifiedAMinute(summary.day.quarters, at), hours: outcomesAnHour(summary.day.quarters, at) };
  }, [summary.at, summary.day.quarters]);
  return (
    <>
      <Section title="Verified a minute" end="last 24 hours">
        <LineChart points={minutes} label="verified a minute" sentence={saidOfMinutes(minutes)} format={rate} marks="peak" />
      </Section>
      <Section title="Outcomes an hour" end="last 24 hours">
        <BarChart bars={hours} sentence={saidOfHours(summary.day)} />
      </Section>
    </>
  );
}

const STATES = { live: "Live", "catching-up": "Catching up", offline: "Offline", "server-away": "Not connected" } as const;

function LiveMark({ state }: { state: Connection["state"] }) {
  return (
    <span className={[styles.live, state === "live" ? styles.on : ""].join(" ")}>
      <Icon name={state === "live" || state === "catching-up" ? "pulse" : "offline"} small />
      {STATES[state]}
    </span>
  );
}
