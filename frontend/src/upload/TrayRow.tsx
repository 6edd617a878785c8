import { useId } from "react";
import { Bar, Icon, IconButton, Name } from "@/kit";
import { shownName } from "@/kit/names";
import styles from "./Tray.module.css";
import type { Row } from "./tray";
import { engine, show } from "./uploads";

/** One upload: its name, how far it is or why it is not, and what can be done about it. */
export function TrayRow({ row, onCancel }: { row: Row; onCancel: () => void }) {
  const { job } = row;
  const id = useId();
  const doing = (act: () => unknown) => () => {
    act();
    show();
  };
  const act = { size: "small", "aria-describedby": id } as const;
  return (
    <li className={styles.row}>
      <span className={styles.what}>
        <span className={styles.name} id={id}>
          <Name name={job.name} />
        </span>
        {row.share !== null && <Bar share={row.share} label={shownName(job.name)} look={row.isHeld ? "held" : "moving"} says={row.line} />}
        <span className={[styles.sub, styles[row.look]].join(" ")}>
          {row.look === "bad" && <Icon name="bad" small />}
          {row.look === "ok" && <Icon name="ok" small />}
          {row.look === "wait" && <Icon name="wait" small />}
          <span>{row.line}</span>
        </span>
      </span>
      <span className={styles.acts}>
        {row.canPause && <IconButton {...act} icon="pause" label="Pause" onClick={doing(() => engine.pause([job]))} />}
        {row.canResume && <IconButton {...act} icon="play" label="Resume" onClick={doing(() => engine.resume([job]))} />}
        {row.canRetry && <IconButton {...act} icon="retry" label="Retry" onClick={doing(() => void engine.retry(job).then(show))} />}
        {row.canCancel && <IconButton {...act} icon="x" label="Cancel" onClick={onCancel} />}
      </span>
    </li>
  );
}
