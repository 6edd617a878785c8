import { useId, useRef, useState } from "react";
import { Button, Dialog, Field, IconButton, Name } from "@/kit";
import { formatCount } from "@/kit/format";
import type { FileRow } from "./rows";
import { type TagChange, tagIn, tagProblem, tagsOf } from "./tagging";
import styles from "./TagDialog.module.css";
import { countedRows } from "./useActions";

interface TagDialogProps {
  rows: readonly FileRow[];
  onChange: (change: TagChange) => void;
  onClose: () => void;
}

/** A tag for each of some files; those that some of them have can be taken away. */
export default function TagDialog({ rows, onChange, onClose }: TagDialogProps) {
  const [problem, setProblem] = useState<string>();
  const field = useRef<HTMLInputElement>(null);
  const form = useId();
  const tags = tagsOf(rows);
  const [only] = rows;
  function submit(): void {
    const text = field.current?.value ?? "";
    const tag = tagIn(text);
    const wrong = tagProblem(text);
    setProblem(wrong);
    if (wrong === undefined && tag) onChange({ put: tag });
    else field.current?.focus();
  }
  return (
    <Dialog
      title={rows.length === 1 && only ? <>Tag {<Name name={only.name} clip={false} />}</> : `Tag ${countedRows(rows)}`}
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" form={form} look="primary">
            Add tag
          </Button>
        </>
      }
    >
      <form
        id={form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <Field ref={field} label="Tag" hint="A word, or word=value." problem={problem} autoFocus autoComplete="off" spellCheck={false} />
      </form>
      {tags.length > 0 && (
        <ul className={styles.tags} aria-label="Tags">
          {tags.map(({ key, word, count }, index) => (
            <li key={key} className={styles.tag}>
              <span id={`${form}-${index}`}>
                <Name name={word} clip={false} />
                {count < rows.length && <span className={styles.some}>{` on ${formatCount(count)} of ${formatCount(rows.length)}`}</span>}
              </span>
              <IconButton icon="x" label="Take away tag" aria-describedby={`${form}-${index}`} size="small" onClick={() => onChange({ drop: key })} />
            </li>
          ))}
        </ul>
      )}
    </Dialog>
  );
}
