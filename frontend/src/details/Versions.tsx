import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "@/api/client";
import { ApiProblem } from "@/api/problems";
import { bucketChanged, keys, meQuery } from "@/api/queries";
import type { BucketWire, FileWire } from "@/api/schema";
import { Button, Dialog, Name, Problem, showToast, useNow } from "@/kit";
import { counted, formatBytes, formatMoment } from "@/kit/format";
import { baseOf } from "@/kit/names";
import { devicesQuery, versionsQuery } from "./queries";
import { VersionItem } from "./VersionItem";
import styles from "./Versions.module.css";

/** All versions of a file: who made them, where and when, how large; one click makes an old one the current one again. */
export default function Versions({ bucket, file, onClose }: { bucket: BucketWire; file: string; onClose: () => void }) {
  const versions = useQuery(versionsQuery(bucket.id, file));
  const devices = useQuery(devicesQuery).data;
  const me = useQuery(meQuery).data?.user_id;
  const [asked, ask] = useState<FileWire | null>(null);
  const { problem, restore, remove } = useHistory(bucket.id, file, onClose);
  const items = versions.data?.items ?? [];
  const current = items.find((version) => version.is_current);
  const mayWrite = bucket.role !== "viewer";
  return (
    <Dialog title="Versions" onClose={asked ? () => ask(null) : onClose} wide foot={asked && <Asked onKeep={() => ask(null)} onDelete={() => void remove(asked).then(() => ask(null))} />}>
      {problem && <Problem>{problem}</Problem>}
      {versions.error && items.length === 0 && <Problem>{versions.error instanceof ApiProblem && versions.error.status === 404 ? "This file is not here any more." : "The versions cannot be shown at the moment."}</Problem>}
      {asked ? (
        <Question version={asked} />
      ) : (
        current && (
          <>
            <p>
              <Name name={baseOf(current.path)} clip={false} />. {sumOf(items, versions.data?.hasMore ?? false)}
            </p>
            <ol className={styles.list}>
              {items.map((version, index) => (
                <VersionItem key={version.version_id} version={version} before={items[index + 1]} devices={devices} me={me} mayWrite={mayWrite} onRestore={() => void restore(version, current)} onDelete={() => ask(version)} />
              ))}
            </ol>
          </>
        )
      )}
    </Dialog>
  );
}

function sumOf(items: FileWire[], hasMore: boolean): string {
  const bytes = formatBytes(items.reduce((sum, version) => sum + version.size, 0));
  return hasMore ? `The newest ${items.length} versions.` : `${counted(items.length, "version")}, ${bytes} before equal parts are shared.`;
}

function Question({ version }: { version: FileWire }) {
  const now = useNow();
  return (
    <p>
      Delete the version of {formatMoment(new Date(version.created_at), now)} ({formatBytes(version.size)}) of <Name name={baseOf(version.path)} clip={false} />? This cannot be undone.
    </p>
  );
}

const Asked = ({ onKeep, onDelete }: { onKeep: () => void; onDelete: () => void }) => (
  <>
    <Button autoFocus onClick={onKeep}>
      Cancel
    </Button>
    <Button look="danger" onClick={onDelete}>
      Delete version
    </Button>
  </>
);

function useHistory(bucket: string, file: string, onClose: () => void) {
  const client = useQueryClient();
  const now = useNow();
  const [problem, setProblem] = useState<string>();

  async function changed(): Promise<void> {
    await client.invalidateQueries({ queryKey: keys.versions(bucket, file) });
    void bucketChanged(client, bucket);
  }

  async function makeCurrent(version: FileWire): Promise<void> {
    await api.POST("/api/v1/files/{file_id}/restore", { params: { path: { file_id: file } }, body: { version_id: version.version_id } });
    await changed();
  }

  async function guarded(act: () => Promise<void>): Promise<void> {
    setProblem(undefined);
    try {
      await act();
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      setProblem(error.message);
      void changed();
    }
  }

  return {
    problem,
    /** The dialog closes: a toast behind it could neither be seen nor used. */
    restore: (version: FileWire, before: FileWire) =>
      guarded(async () => {
        await makeCurrent(version);
        onClose();
        showToast({
          text: `Restored the version of ${formatMoment(new Date(version.created_at), now)} of`,
          name: baseOf(version.path),
          undo: () => makeCurrent(before),
        });
      }),
    remove: (version: FileWire) =>
      guarded(async () => {
        await api.DELETE("/api/v1/files/{file_id}/versions/{version_id}", { params: { path: { file_id: file, version_id: version.version_id } } });
        await changed();
      }),
  };
}
