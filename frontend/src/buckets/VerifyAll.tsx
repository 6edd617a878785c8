import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { addresses } from "@/addresses";
import { api, held } from "@/api/client";
import { bucketChanged, keys } from "@/api/queries";
import type { BucketWire } from "@/api/schema";
import { Button, Problem } from "@/kit";
import { counted } from "@/kit/format";
import { useAct } from "./act";
import styles from "./Buckets.module.css";
import { Section } from "./Section";

/** Reads every byte of the bucket again, now. */
export function VerifyAll({ bucket }: { bucket: BucketWire }) {
  const [files, setFiles] = useState<number>();
  const { act, isBusy, problem } = useAct();
  const client = useQueryClient();
  const verify = (): Promise<void> =>
    act(async () => {
      const asked = await held(api.POST("/api/v1/buckets/{bucket}/verify", { params: { path: { bucket: bucket.id } } }));
      setFiles(asked.files);
      void bucketChanged(client, bucket.id);
      void client.invalidateQueries({ queryKey: keys.summary });
    });
  return (
    <Section title="Check" hint="Everything is read again by itself within each round. This does not wait for it.">
      <Button size="small" icon="shield" disabled={isBusy} onClick={() => void verify()}>
        Verify everything now
      </Button>
      <p className={styles.note} role="status">
        {files !== undefined && (
          <>
            {counted(files, "file")} {files === 1 ? "is" : "are"} being read again. <Link to={addresses.status}>How that goes</Link>
          </>
        )}
      </p>
      {problem && <Problem>{problem}</Problem>}
    </Section>
  );
}
