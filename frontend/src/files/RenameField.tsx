import { useLayoutEffect, useRef, useState } from "react";
import styles from "./FileList.module.css";
import { useList } from "./ListContext";
import { nameProblem } from "./new_names";
import { type Row, stemLength } from "./rows";

/** The name of a row while it is changed: Enter or leaving the field renames, Esc gives up. What stands before the suffix is selected. */
export function RenameField({ row }: { row: Row }) {
  const list = useList();
  const field = useRef<HTMLInputElement>(null);
  const isOver = useRef(false);
  const [problem, setProblem] = useState<string>();
  useLayoutEffect(() => {
    field.current?.focus();
    field.current?.setSelectionRange(0, row.kind === "folder" ? row.name.length : stemLength(row.name));
  }, [row]);
  const end = (name: string | null): void => {
    if (isOver.current) return;
    const wrong = name === null || name === row.name ? undefined : nameProblem(name);
    setProblem(wrong);
    if (wrong) return;
    isOver.current = true;
    list.renamed(row, name === row.name ? null : name);
  };
  return (
    <span className={styles.rename}>
      <input
        ref={field}
        aria-label="New name"
        aria-invalid={problem ? true : undefined}
        aria-describedby={problem ? "rename-problem" : undefined}
        defaultValue={row.name}
        autoComplete="off"
        spellCheck={false}
        onBlur={(event) => (nameProblem(event.currentTarget.value) ? end(null) : end(event.currentTarget.value))}
        onKeyDown={(event) => {
          event.stopPropagation();
          if (event.key === "Enter" && !event.nativeEvent.isComposing) end(event.currentTarget.value);
          if (event.key === "Escape") end(null);
        }}
      />
      {problem && (
        <span id="rename-problem" className={styles.problem} role="alert">
          {problem}
        </span>
      )}
    </span>
  );
}
