import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate } from "react-router";
import { addresses } from "@/addresses";
import { api } from "@/api/client";
import type { BucketWire } from "@/api/schema";
import { Button, Dialog, Field, Name, Problem, showToast } from "@/kit";
import { counted, formatBytes } from "@/kit/format";
import { useAct } from "./act";
import styles from "./Buckets.module.css";
import { bucketsChanged } from "./queries";
import { Section } from "./Section";

/** Puts the bucket into the trash, from which it can be taken back for a while. */
export function DeleteSection({ bucket }: { bucket: BucketWire }) {
  const [isAsked, ask] = useState(false);
  return (
    <Section title="Delete" hint="Nobody sees it any more, at once. You can take it back for a while.">
      <Button size="small" look="danger" onClick={() => ask(true)}>
        Delete bucket
      </Button>
      {isAsked && <Question bucket={bucket} onClose={() => ask(false)} />}
    </Section>
  );
}

function Question({ bucket, onClose }: { bucket: BucketWire; onClose: () => void }) {
  const [typed, setTyped] = useState("");
  const { act, isBusy, problem } = useAct();
  const client = useQueryClient();
  const navigate = useNavigate();
  const isEmpty = bucket.files === 0;
  const mayDelete = (isEmpty || typed === bucket.name) && !isBusy;

  const restore = async (): Promise<void> => {
    await api.POST("/api/v1/buckets/{bucket}/restore", { params: { path: { bucket: bucket.id } } });
    await bucketsChanged(client, bucket.id);
    void navigate(addresses.settings(bucket.name));
  };

  const remove = (): Promise<void> =>
    act(async () => {
      await api.DELETE("/api/v1/buckets/{bucket}", { params: { path: { bucket: bucket.id }, query: { recursive: true } } });
      void navigate(addresses.settings(bucket.id), { replace: true });
      onClose();
      await bucketsChanged(client, bucket.id);
      showToast({ text: "Deleted the bucket", name: bucket.title || bucket.name, undo: restore });
    });

  return (
    <Dialog
      title="Delete this bucket?"
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="danger" disabled={!mayDelete} onClick={() => void remove()}>
            Delete bucket
          </Button>
        </>
      }
    >
      <p className={styles.note}>
        <Name name={bucket.title || bucket.name} clip={false} />{" "}
        {isEmpty ? "holds no files." : `holds ${counted(bucket.files, "file")}, ${formatBytes(bucket.logical_bytes)}, with all their versions.`}{" "}
        {bucket.trash_days === 0 ? "It is gone at once, for good." : `You can take it back for ${counted(bucket.trash_days, "day")}, then it is gone for good.`}
      </p>
      {!isEmpty && <Field label={`Type its name: ${bucket.name}`} value={typed} autoComplete="off" spellCheck={false} onChange={(event) => setTyped(event.currentTarget.value)} />}
      {problem && <Problem>{problem}</Problem>}
    </Dialog>
  );
}
