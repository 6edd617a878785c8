import { useEffect, useState } from "react";
import { Bar, IconButton } from "@/kit";
import { formatCount } from "@/kit/format";
import { showToast } from "@/kit/toast";
import type { Job } from "./job";
import styles from "./Tray.module.css";
import { percentOf, type Tray as TrayState } from "./tray";
import { TrayRow } from "./TrayRow";
import { engine, show, useUploads } from "./uploads";

const CLOSES_AFTER_MILLISECONDS = 6_000;

/** What is being uploaded. It opens by itself, and closes by itself when all is done. */
export function Tray() {
  const { tray } = useUploads();
  const [isFolded, fold] = useState(false);
  useClosing(tray);
  return (
    <>
      <p className="visually-hidden" role="status">
        {tray.count > 0 && tray.rows.some(({ job }) => !job.isWithoutFile) ? tray.title : ""}
      </p>
      {tray.count > 0 && (
        <section className={styles.tray} aria-label="Uploads">
          <Head tray={tray} isFolded={isFolded} onFold={() => fold(!isFolded)} />
          {!isFolded && (
            <ul className={styles.rows}>
              {tray.rows.map((row) => (
                <TrayRow key={row.job.id} row={row} onCancel={() => cancel([row.job])} />
              ))}
            </ul>
          )}
          {!isFolded && tray.more > 0 && <p className={styles.foot}>{`${formatCount(tray.more)} more ${tray.more === 1 ? "is" : "are"} waiting`}</p>}
        </section>
      )}
    </>
  );
}

function Head({ tray, isFolded, onFold }: { tray: TrayState; isFolded: boolean; onFold: () => void }) {
  const hasBar = tray.isActive && (tray.isMany || isFolded);
  return (
    <header className={styles.head}>
      <div className={styles.title}>
        <h2 className="grow">{tray.title}</h2>
        {tray.isMany && <ForAll isPaused={tray.isAllPaused} />}
        {tray.isActive || !tray.rows.some(({ job }) => job.hasEnded || job.hasFailed) ? (
          <IconButton size="small" icon="down" label={isFolded ? "Show more" : "Show less"} aria-expanded={!isFolded} onClick={onFold} />
        ) : (
          <IconButton
            size="small"
            icon="x"
            label="Close"
            onClick={() => {
              engine.clear();
              show();
            }}
          />
        )}
      </div>
      {hasBar && <Bar share={tray.share} label="All uploads" look={tray.isAllPaused ? "held" : "moving"} />}
      {tray.isActive && (hasBar || tray.pace !== "") && (
        <p className={styles.line}>
          {hasBar && (
            <span>
              <b>{percentOf(tray)}</b>
              {tray.progress && !isFolded && ` · ${tray.progress}`}
            </span>
          )}
          <span>{tray.pace}</span>
        </p>
      )}
    </header>
  );
}

function ForAll({ isPaused }: { isPaused: boolean }) {
  const active = (): Job[] => engine.jobs.filter((job) => job.isActive);
  const doing = (act: () => void) => () => {
    act();
    show();
  };
  return (
    <>
      {isPaused ? (
        <IconButton size="small" icon="play" label="Resume all" onClick={doing(() => engine.resume(active()))} />
      ) : (
        <IconButton size="small" icon="pause" label="Pause all" onClick={doing(() => engine.pause(active()))} />
      )}
      <IconButton size="small" icon="x" label="Cancel all" onClick={() => cancel(active())} />
    </>
  );
}

/** Nothing is asked: it can be taken back. */
function cancel(jobs: Job[]): void {
  const undo = engine.cancel(jobs);
  const [first] = jobs;
  const undoing = (): void => {
    undo();
    show();
  };
  if (jobs.length === 1 && first) showToast({ text: "Cancelled", name: first.name, undo: undoing });
  else showToast({ text: `Cancelled ${formatCount(jobs.length)} uploads`, undo: undoing });
  show();
}

/** 6 s after all is done without failures. */
function useClosing({ isActive, hasFailed, count, rows }: TrayState): void {
  const isDone = count > 0 && !isActive && !hasFailed && !rows.every(({ job }) => job.isWithoutFile);
  useEffect(() => {
    if (!isDone) return;
    const timer = setTimeout(() => {
      engine.clear();
      show();
    }, CLOSES_AFTER_MILLISECONDS);
    return () => clearTimeout(timer);
  }, [isDone]);
}

