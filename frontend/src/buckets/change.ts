import { useQueryClient } from "@tanstack/react-query";
import { api, held } from "@/api/client";
import type { BucketChangesWire, BucketWire } from "@/api/schema";
import { showToast } from "@/kit";
import { useAct } from "./act";
import { bucketsChanged, oneBucketKey } from "./queries";

/** Changes settings of a bucket; what was before is one click away. */
export function useChange(bucket: BucketWire) {
  const client = useQueryClient();
  const { act, isBusy, problem } = useAct();

  async function send(changes: BucketChangesWire): Promise<BucketWire> {
    const changed = await held(api.PATCH("/api/v1/buckets/{bucket}", { params: { path: { bucket: bucket.id } }, body: changes }));
    for (const ref of [changed.id, changed.name, bucket.name]) client.setQueryData(oneBucketKey(ref), changed);
    await bucketsChanged(client, bucket.id);
    return changed;
  }

  const change = (changes: BucketChangesWire, before: BucketChangesWire, told: string, then?: (changed: BucketWire) => void): Promise<void> =>
    act(async () => {
      const changed = await send(changes);
      then?.(changed);
      const takeBack = async (): Promise<void> => {
        const taken = await send(before);
        then?.(taken);
      };
      showToast({ text: told, undo: () => act(takeBack) });
    });

  return { change, isBusy, problem };
}
