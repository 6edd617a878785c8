import { useState } from "react";
import { useNavigate } from "react-router";
import { addresses } from "@/addresses";
import type { BucketWire } from "@/api/schema";
import { Button, Field, Problem } from "@/kit";
import styles from "./Buckets.module.css";
import { useChange } from "./change";
import { Section } from "./Section";

/** The title that people see, and the name that stands in addresses. */
export function Naming({ bucket, mayChange }: { bucket: BucketWire; mayChange: boolean }) {
  const [title, setTitle] = useState(bucket.title);
  const [name, setName] = useState(bucket.name);
  const { change, isBusy, problem } = useChange(bucket);
  const navigate = useNavigate();
  const isSame = title === bucket.title && name === bucket.name;

  const save = (): Promise<void> =>
    change({ title, name }, { title: bucket.title, name: bucket.name }, "Changed the name of the bucket", (changed) => {
      setTitle(changed.title);
      setName(changed.name);
      void navigate(addresses.settings(changed.name), { replace: true });
    });

  return (
    <Section title="Name" hint="The title is what people see. The name stands in addresses and is what programs use.">
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Field label="Title" value={title} maxLength={255} disabled={!mayChange} onChange={(event) => setTitle(event.currentTarget.value)} />
        <Field
          label="Name"
          value={name}
          minLength={3}
          maxLength={63}
          disabled={!mayChange}
          spellCheck={false}
          hint="3 to 63 small letters, digits, dots and hyphens. Addresses that hold the old name lead nowhere afterwards."
          onChange={(event) => setName(event.currentTarget.value)}
        />
        {problem && <Problem>{problem}</Problem>}
        {mayChange && (
          <Button size="small" type="submit" disabled={isSame || isBusy}>
            Save name
          </Button>
        )}
      </form>
    </Section>
  );
}
