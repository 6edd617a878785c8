import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { useNavigate } from "react-router";
import { addresses } from "@/addresses";
import { api, held } from "@/api/client";
import { isProblem } from "@/api/problems";
import type { BucketWire } from "@/api/schema";
import { Button, Field, Name, Problem, When } from "@/kit";
import { counted, formatBytes } from "@/kit/format";
import { useAct } from "./act";
import styles from "./Buckets.module.css";
import { bucketsChanged, deletedBucketsQuery } from "./queries";
import { Section } from "./Section";

/** The settings of a bucket that is in the trash: it can be taken back, or one sees how it goes. */
export function DeletedBucket({ bucket }: { bucket: BucketWire }) {
  return (
    <Section title="Deleted" hint={bucket.deleted_at && <When at={bucket.deleted_at} />}>
      <Standing bucket={bucket} />
      <TakeBack bucket={bucket} />
    </Section>
  );
}

/** All of one's buckets that can still be taken back; nothing where there is none. */
export function DeletedBuckets() {
  const found = useQuery(deletedBucketsQuery).data ?? [];
  const id = useId();
  if (found.length === 0) return null;
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>Deleted buckets</h2>
      <ul className={styles.list}>
        {found.map((bucket) => (
          <li key={bucket.id}>
            <span className="grow">
              <Name name={bucket.title || bucket.name} clip={false} />
              <Standing bucket={bucket} />
            </span>
            <TakeBack bucket={bucket} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Standing({ bucket }: { bucket: BucketWire }) {
  if (bucket.purge) {
    const { files_left: files, bytes_left: bytes } = bucket.purge;
    return (
      <p className={styles.quiet}>
        It is being removed for good: {counted(files, "file")}, {formatBytes(bytes)} are left.
      </p>
    );
  }
  return (
    <p className={styles.quiet}>
      {counted(bucket.files, "file")}, {formatBytes(bucket.logical_bytes)}. {bucket.restorable_until && <>It can be taken back until <When at={bucket.restorable_until} />.</>}
    </p>
  );
}

/** Where its name is taken meanwhile, another is asked for. */
function TakeBack({ bucket }: { bucket: BucketWire }) {
  const { act, isBusy, problem } = useAct();
  const [name, setName] = useState<string | null>(null);
  const client = useQueryClient();
  const navigate = useNavigate();
  if (bucket.purge) return null;

  const take = (): Promise<void> =>
    act(async () => {
      try {
        const body = name === null ? {} : { name };
        const taken = await held(api.POST("/api/v1/buckets/{bucket}/restore", { params: { path: { bucket: bucket.id } }, body }));
        await bucketsChanged(client, bucket.id);
        void navigate(addresses.files(taken.name));
      } catch (error) {
        if (isProblem(error, "bucket-exists")) setName((before) => before ?? `${bucket.name}-2`);
        throw error;
      }
    });

  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        void take();
      }}
    >
      {name !== null && <Field label="New name" value={name} minLength={3} maxLength={63} onChange={(event) => setName(event.currentTarget.value)} />}
      {problem && <Problem>{problem}</Problem>}
      <Button size="small" type="submit" disabled={isBusy}>
        Take back
      </Button>
    </form>
  );
}
