import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate } from "react-router";
import { addresses } from "@/addresses";
import { api, held } from "@/api/client";
import { isProblem } from "@/api/problems";
import type { BucketWire } from "@/api/schema";
import { Button, Field, Problem, When } from "@/kit";
import { counted, formatBytes } from "@/kit/format";
import { useAct } from "./act";
import styles from "./Buckets.module.css";
import { bucketsChanged } from "./queries";

/** What it holds, and until when it can be taken back; or what is left of it. */
export function Standing({ bucket }: { bucket: BucketWire }) {
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
export function TakeBack({ bucket }: { bucket: BucketWire }) {
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
