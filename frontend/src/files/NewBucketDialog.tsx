import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate } from "react-router";
import { addresses } from "@/addresses";
import { api, held } from "@/api/client";
import { ApiProblem } from "@/api/problems";
import { bucketsQuery, keys } from "@/api/queries";
import { shownName } from "@/kit/names";
import NameDialog from "./NameDialog";
import styles from "./NewBucketDialog.module.css";

/** A new bucket; then one is in it. Its name in addresses is the server's to find. */
export default function NewBucketDialog({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [isVersioned, setVersioned] = useState(true);
  function check(title: string): string | undefined {
    if (title.trim() === "") return "A name is needed.";
    const same = client.getQueryData(bucketsQuery.queryKey)?.find((one) => one.title.toLowerCase() === title.trim().toLowerCase());
    return same && `You already have a bucket called ${shownName(same.title)}.`;
  }
  async function make(title: string): Promise<string | undefined> {
    try {
      const versioning = isVersioned ? "on" : "off";
      const body = { title: title.trim(), versioning, naming: "portable", chunking: "fixed", trash_days: 30 } as const;
      const made = await held(api.POST("/api/v1/buckets", { body }));
      client.setQueryData(bucketsQuery.queryKey, (all) => (all ? [...all, made] : all));
      void client.invalidateQueries({ queryKey: keys.buckets });
      onClose();
      void navigate(addresses.files(made.name));
      return undefined;
    } catch (error) {
      if (error instanceof ApiProblem) return error.message;
      throw error;
    }
  }
  return (
    <NameDialog title="New bucket" verb="Create" lead="A top folder with its own versions and members." check={check} onName={make} onClose={onClose}>
      <label className={styles.check}>
        <input type="checkbox" checked={isVersioned} onChange={(event) => setVersioned(event.currentTarget.checked)} /> Keep old versions
      </label>
    </NameDialog>
  );
}
