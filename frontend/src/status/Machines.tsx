import type { ReactNode } from "react";
import { Sparkline } from "@/charts";
import type { StandingWire, SummaryWire, WorkerWire } from "@/api/schema";
import { Bar, Icon, useNow } from "@/kit";
import { formatCount, formatPercent, formatSpeed } from "@/kit/format";
import { moment } from "./sentence";
import { partName, partNote, saidOfLast } from "./words";
import styles from "./machines.module.css";

const ICONS = { up: "ok", slow: "wait", down: "bad" } as const;

/** How far the round of proof is, and how all parts of the installation are. Amounts and times are told to administrators only. */
export function Machines({ summary }: { summary: SummaryWire }) {
  return (
    <aside className={styles.rails} aria-label="Machines">
      <Round summary={summary} />
      <Rail title="Health">
        <ul>
          {summary.health.map((standing) => (
            <Health key={standing.name} standing={standing} />
          ))}
        </ul>
      </Rail>
      {summary.workers.length > 0 && (
        <Rail title="Workers">
          <ul>
            {summary.workers.map((worker) => (
              <Worker key={worker.name} worker={worker} />
            ))}
          </ul>
        </Rail>
      )}
    </aside>
  );
}

function Rail({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className={styles.rail}>
      <h2>{title}</h2>
      {children}
    </section>
  );
}

function Round({ summary }: { summary: SummaryWire }) {
  const now = useNow();
  const { round, last_round: last } = summary.scrub;
  const lastly = last ? saidOfLast(last, now) : "";
  if (!round) {
    return (
      <Rail title="Proof round">
        <p className={styles.note}>Every stored part is read again in rounds. The first has not begun yet.</p>
      </Rail>
    );
  }
  if (round.ended_at !== null) {
    return (
      <Rail title={`Proof round ${round.number}`}>
        <p className={styles.big}>Done</p>
        <p className={styles.note}>{lastly} The next begins when it is due.</p>
      </Rail>
    );
  }
  return (
    <Rail title={`Proof round ${round.number}`}>
      <p className={styles.big}>{formatPercent(round.share)}</p>
      <div className={styles.bar}>
        <Bar share={round.share} label="Proof round" />
      </div>
      {round.blocks !== null && round.total_blocks !== null && (
        <p className={styles.duo}>
          <span>
            {formatCount(round.blocks)} of {formatCount(round.total_blocks)} parts
          </span>
          {round.bytes_per_second !== null && <span>{formatSpeed(round.bytes_per_second)}</span>}
        </p>
      )}
      <p className={styles.note}>
        Reads every stored part again.{round.expected_end === null ? "" : ` Done about ${moment(new Date(round.expected_end), now)}.`} {lastly}
      </p>
    </Rail>
  );
}

function Health({ standing }: { standing: StandingWire }) {
  const now = useNow();
  const { state, milliseconds, latencies } = standing;
  const note = partNote(standing, now);
  return (
    <li className={[styles.line, styles[state]].join(" ")}>
      <Icon name={ICONS[state]} />
      <span className="clip">
        {partName(standing.name)}
        <span className="visually-hidden">: {state}</span>
      </span>
      {latencies && <Sparkline values={latencies} look={state === "up" ? "quiet" : state === "slow" ? "wait" : "bad"} hotFrom={hotFrom(latencies)} />}
      <span className={styles.value}>{milliseconds === null ? (latencies ? "" : state) : `${milliseconds < 10 ? milliseconds.toFixed(1) : formatCount(Math.round(milliseconds))} ms`}</span>
      {note && <span className={styles.says}>{note}</span>}
    </li>
  );
}

const SLOW_MILLISECONDS = 150; // as the server draws the line

function hotFrom(latencies: (number | null)[]): number {
  const last = latencies.findLastIndex((value) => value !== null && value <= SLOW_MILLISECONDS);
  return last + 1;
}

function Worker({ worker }: { worker: WorkerWire }) {
  const now = useNow();
  return (
    <li className={[styles.worker, worker.is_alive ? styles.up : styles.down].join(" ")}>
      <Icon name={worker.is_alive ? "ok" : "bad"} />
      <span className="clip" title={worker.name}>
        {worker.name}
        <span className="visually-hidden">: {worker.is_alive ? "alive" : "gone"}</span>
      </span>
      <span className={styles.doing}>{worker.is_alive ? worker.doing || "rests" : `not seen since ${moment(new Date(worker.seen_at), now)}`}</span>
    </li>
  );
}
