import { useRef, useState } from "react";
import type { FileRecordWire } from "@/api/schema";
import { Button, Problem } from "@/kit";
import styles from "./Description.module.css";
import { useDescribe } from "./described";
import panel from "./Panel.module.css";

const LONGEST = 10_000;

/** What somebody wrote about the file, changed in place. */
export function Description({ bucket, record, mayWrite }: { bucket: string; record: FileRecordWire; mayWrite: boolean }) {
  const { describe, problem } = useDescribe(bucket, record);
  const [text, setText] = useState<string | null>(null); // while it is changed
  const edit = useRef<HTMLButtonElement>(null);
  const { description } = record;
  if (description === "" && !mayWrite) return null;

  async function save(next: string) {
    if (next === description || (await describe({ description: next }, { description }, "Changed the description"))) close();
  }

  function close() {
    setText(null);
    requestAnimationFrame(() => edit.current?.focus());
  }

  return (
    <>
      <h3>
        Description
        {mayWrite && text === null && (
          <button ref={edit} type="button" className={panel.link} onClick={() => setText(description)}>
            {description === "" ? "Add description" : "Change description"}
          </button>
        )}
      </h3>
      {text === null ? (
        description !== "" && (
          <p className={styles.text} dir="auto">
            {description}
          </p>
        )
      ) : (
        <form
          className={styles.form}
          onSubmit={(event) => {
            event.preventDefault();
            void save(text.trim());
          }}
        >
          <textarea
            className={styles.input}
            aria-label="Description"
            value={text}
            maxLength={LONGEST}
            rows={4}
            dir="auto"
            autoFocus
            onChange={(event) => setText(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void save(text.trim());
              if (event.key !== "Escape") return;
              event.stopPropagation();
              close();
            }}
          />
          <div className={styles.acts}>
            <Button size="small" onClick={close}>
              Cancel
            </Button>
            <Button size="small" look="primary" type="submit">
              Save
            </Button>
          </div>
        </form>
      )}
      {problem && <Problem>{problem}</Problem>}
    </>
  );
}
