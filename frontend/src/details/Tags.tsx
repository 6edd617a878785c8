import { useRef, useState } from "react";
import type { FileRecordWire } from "@/api/schema";
import { tagIn, tagWord } from "@/files/tagging";
import { IconButton, Name, Problem } from "@/kit";
import { shownName } from "@/kit/names";
import { useDescribe } from "./described";
import styles from "./Tags.module.css";

/** Tags: words, or `key=value`. Enter adds, the cross takes away; both can be undone. */
export function Tags({ bucket, record, mayWrite }: { bucket: string; record: FileRecordWire; mayWrite: boolean }) {
  const { describe, problem } = useDescribe(bucket, record);
  const [isAdding, setAdding] = useState(false);
  const add = useRef<HTMLButtonElement>(null);
  const { tags } = record;
  const names = Object.keys(tags);
  if (names.length === 0 && !mayWrite) return null;

  async function put(text: string) {
    const tag = tagIn(text);
    setAdding(false);
    requestAnimationFrame(() => add.current?.focus());
    if (!tag) return;
    await describe({ tags: { ...tags, [tag[0]]: tag[1] } }, { tags }, `Tagged ${shownName(tag[0])}`);
  }

  function drop(key: string) {
    const rest = Object.fromEntries(Object.entries(tags).filter(([name]) => name !== key));
    add.current?.focus();
    void describe({ tags: rest }, { tags }, `Took away the tag ${shownName(key)}`);
  }

  return (
    <>
      <h3>Tags</h3>
      <ul className={styles.tags} aria-label="Tags">
        {names.map((key, index) => (
          <li key={key} className={styles.tag}>
            <span id={`tag-${index}`} className={styles.word}>
              <Name name={tagWord(key, tags[key])} clip={false} />
            </span>
            {mayWrite && <IconButton icon="x" label="Take away tag" aria-describedby={`tag-${index}`} size="small" onClick={() => drop(key)} />}
          </li>
        ))}
        {mayWrite && (
          <li>
            {isAdding ? (
              <input
                className={styles.input}
                aria-label="New tag"
                autoFocus
                maxLength={385}
                onBlur={(event) => void put(event.currentTarget.value)}
                onKeyDown={(event) => {
                  if (event.key === "Enter") event.currentTarget.blur();
                  if (event.key === "Escape") {
                    event.stopPropagation();
                    event.currentTarget.value = "";
                    event.currentTarget.blur();
                  }
                }}
              />
            ) : (
              <button ref={add} type="button" className={styles.add} onClick={() => setAdding(true)}>
                Add tag
              </button>
            )}
          </li>
        )}
      </ul>
      {problem && <Problem>{problem}</Problem>}
    </>
  );
}
