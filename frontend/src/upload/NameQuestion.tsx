import { type ReactNode, useEffect, useRef, useState } from "react";
import { Button, Dialog, Name, When } from "@/kit";
import { formatBytes, formatCount, formatExactBytes } from "@/kit/format";
import { baseOf } from "@/kit/names";
import styles from "./NameQuestion.module.css";
import type { Answer, Question } from "./questions";
import type { Existing, FileTask } from "./task";
import { engine, show } from "./uploads";

const PICTURE_BYTES = 24 * 1024 * 1024;

/** A name is taken: what stands there, what comes, and what shall become of both. */
export function NameQuestion({ question: { task }, others }: { question: Question; others: number }) {
  const [isForAll, setForAll] = useState(false);
  const answer = (given: Answer) => () => {
    engine.answer(given, isForAll);
    show();
  };
  const keepsOld = task.bucket.versioning === "on";
  const { existing } = task;
  return (
    <Dialog
      title={
        <>
          <Name name={baseOf(task.path)} clip={false} /> is already here
        </>
      }
      onClose={answer("skip")}
      foot={
        <>
          {others > 0 && (
            <label className={styles.all}>
              <input type="checkbox" checked={isForAll} onChange={(event) => setForAll(event.currentTarget.checked)} />
              Same for the other {formatCount(others)}
            </label>
          )}
          <Button onClick={answer("skip")}>Skip</Button>
          <Button look={keepsOld ? "normal" : "primary"} autoFocus={!keepsOld} onClick={answer("both")}>
            Keep both
          </Button>
          <Button look={keepsOld ? "primary" : "normal"} autoFocus={keepsOld} onClick={answer("replace")}>
            Replace
          </Button>
        </>
      }
    >
      <p className={styles.says}>
        {keepsOld ? "Nothing is lost: Replace keeps the old one as a version." : "This bucket keeps no versions. If you replace it: The old one is gone for good."}
      </p>
      {existing && <Pair existing={existing} task={task} />}
    </Dialog>
  );
}

function Pair({ existing, task }: { existing: Existing; task: FileTask }) {
  const there = new Date(existing.changed_at).getTime();
  const here = task.file.lastModified;
  const arePictures = [existing, { content_type: task.file.type, size: task.size }].every(({ content_type, size }) => content_type.startsWith("image/") && size <= PICTURE_BYTES);
  const address = `/api/v1/files/${existing.file_id}/versions/${existing.version_id}/content`;
  return (
    <div className={styles.pair}>
      <Side title="In Cairn" at={existing.changed_at} size={existing.size} isNewer={there > here}>
        {arePictures && <img className={styles.picture} src={address} alt="" />}
      </Side>
      <Side title="Yours" at={new Date(here).toISOString()} size={task.size} isNewer={here > there}>
        {arePictures && <OwnPicture file={task.file} />}
      </Side>
    </div>
  );
}

function Side({ title, at, size, isNewer, children }: { title: string; at: string; size: number; isNewer: boolean; children: ReactNode }) {
  return (
    <div className={styles.side}>
      <h3>
        {title} {isNewer && <span className={styles.newer}>newer</span>}
      </h3>
      {children}
      <dl>
        <dt>Changed</dt>
        <dd>
          <When at={at} />
        </dd>
        <dt>Size</dt>
        <dd title={formatExactBytes(size)}>{formatBytes(size)}</dd>
      </dl>
    </div>
  );
}

function OwnPicture({ file }: { file: File }) {
  const picture = useRef<HTMLImageElement>(null);
  useEffect(() => {
    const made = URL.createObjectURL(file);
    if (picture.current) picture.current.src = made;
    return () => URL.revokeObjectURL(made);
  }, [file]);
  return <img className={styles.picture} ref={picture} alt="" />;
}
