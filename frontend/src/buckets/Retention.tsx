import { useState } from "react";
import type { BucketWire, Versioning } from "@/api/schema";
import { Button, Field, Problem } from "@/kit";
import styles from "./Buckets.module.css";
import { useChange } from "./change";
import { Section } from "./Section";

const MEANINGS: Record<Versioning, { title: string; text: string }> = {
  on: { title: "Keep old versions", text: "Each change keeps what was before. A deleted file can be taken back, with its versions." },
  off: { title: "Keep no old versions", text: "What is replaced or deleted stays in the trash for a while, and is then gone for good." },
  suspended: { title: "Keep the versions there are, make no new ones", text: "Old versions stay. What is replaced from now on stays in the trash for a while, and is then gone for good." },
};

/** Whether old versions are kept, and for how long. */
export function Retention({ bucket, mayChange }: { bucket: BucketWire; mayChange: boolean }) {
  const [versioning, setVersioning] = useState<Versioning>(bucket.versioning);
  const [keepDays, setKeepDays] = useState(bucket.keep_days === null ? "" : String(bucket.keep_days));
  const [trashDays, setTrashDays] = useState(String(bucket.trash_days));
  const { change, isBusy, problem } = useChange(bucket);
  const wanted = { versioning, keep_days: keepDays === "" ? null : Number(keepDays), trash_days: Number(trashDays) };
  const before = { versioning: bucket.versioning, keep_days: bucket.keep_days, trash_days: bucket.trash_days };
  const isSame = JSON.stringify(wanted) === JSON.stringify(before);
  // Off after on is suspended: what there is stays.
  const choices: Versioning[] = bucket.versioning === "off" ? ["on", "off"] : ["on", "suspended"];

  return (
    <Section title="Versions and trash" hint="How long what was replaced or deleted can be brought back.">
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          void change(wanted, before, "Changed how long old versions are kept", (changed) => {
            setVersioning(changed.versioning);
            setKeepDays(changed.keep_days === null ? "" : String(changed.keep_days));
            setTrashDays(String(changed.trash_days));
          });
        }}
      >
        <fieldset disabled={!mayChange}>
          <legend className="visually-hidden">Old versions</legend>
          <div className={styles.choices}>
            {choices.map((choice) => (
              <label key={choice} className={styles.choice}>
                <input type="radio" name="versioning" checked={versioning === choice} onChange={() => setVersioning(choice)} />
                <span>
                  <strong>{MEANINGS[choice].title}</strong>
                  <span>{MEANINGS[choice].text}</span>
                </span>
              </label>
            ))}
          </div>
        </fieldset>
        <Field label="Days that old versions are kept" type="number" min={0} max={36500} inputMode="numeric" value={keepDays} disabled={!mayChange} hint="Empty: until somebody deletes them." onChange={(event) => setKeepDays(event.currentTarget.value)} />
        <Field
          label="Days that deleted files stay in the trash"
          type="number"
          min={0}
          max={36500}
          inputMode="numeric"
          required
          value={trashDays}
          disabled={!mayChange}
          hint={trashDays === "0" ? "0: what is deleted is gone at once, for good." : "Afterwards they are gone for good."}
          onChange={(event) => setTrashDays(event.currentTarget.value)}
        />
        {problem && <Problem>{problem}</Problem>}
        {mayChange && (
          <Button size="small" type="submit" disabled={isSame || isBusy}>
            Save versions and trash
          </Button>
        )}
      </form>
    </Section>
  );
}
