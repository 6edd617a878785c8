import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, held } from "@/api/client";
import { keys } from "@/api/queries";
import type { BucketWire, Me } from "@/api/schema";
import { refusal } from "@/gate/words";
import { Button, Mark, Problem, showToast } from "@/kit";
import { counted } from "@/kit/format";
import { useIsReachable } from "@/live/connection";
import type { Told } from "./sentence";
import styles from "./status.module.css";

interface TruthProps {
  told: Told;
  me: Me | undefined;
  buckets: readonly BucketWire[] | undefined;
}

/** The sentence of truth with its seal, and the button that has everything read again. */
export function Truth({ told, me, buckets }: TruthProps) {
  const check = useCheckEverything(me, buckets);
  const isReachable = useIsReachable();
  return (
    <div className={styles.truth}>
      <div className={[styles.seal, styles[told.look]].join(" ")}>
        <Mark state={told.look} size="whole" />
      </div>
      <div className={["grow", styles.words].join(" ")}>
        <div role="status">
          <p className={styles.say}>{told.text}</p>
          <p className={styles.under}>{told.under}</p>
        </div>
        {check.error && <Problem>{refusal(check.error)}</Problem>}
      </div>
      <Button icon="shield" disabled={!isReachable || !buckets || check.isPending} onClick={() => check.mutate()}>
        Check everything now
      </Button>
    </div>
  );
}

/** All files of one's own buckets; an administrator has the whole store read as well. */
function useCheckEverything(me: Me | undefined, buckets: readonly BucketWire[] | undefined) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (): Promise<number> => {
      let files = 0;
      for (const bucket of buckets?.filter((one) => one.owner === me?.user_id) ?? []) {
        files += (await held(api.POST("/api/v1/buckets/{bucket}/verify", { params: { path: { bucket: bucket.id } } }))).files;
      }
      if (me?.scopes.includes("admin")) await api.POST("/api/v1/sync/scrub", { body: { urgent: false } });
      return files;
    },
    onSuccess: (files) => showToast({ text: files === 0 ? "There are no files to check" : `Checking ${counted(files, "file")}` }),
    onSettled: () => client.invalidateQueries({ queryKey: keys.summary }),
  });
}
