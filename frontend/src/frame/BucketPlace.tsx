import { useQueryClient } from "@tanstack/react-query";
import { NavLink, useNavigate } from "react-router";
import { addresses, refOf } from "@/addresses";
import { api } from "@/api/client";
import { ApiProblem, isProblem } from "@/api/problems";
import { keys } from "@/api/queries";
import type { BucketWire } from "@/api/schema";
import { useMoveTarget } from "@/files/dragging";
import { Icon, IconButton, Menu, type MenuEntry, Name, showToast } from "@/kit";
import styles from "./Places.module.css";

/** A bucket among the places: rows can be dropped on it, and its menu is behind the dots. */
export function BucketPlace({ bucket }: { bucket: BucketWire }) {
  const target = useMoveTarget(refOf(bucket), "");
  const navigate = useNavigate();
  const remove = useRemoveBucket();
  const id = `place-${bucket.id}`;
  const title = bucket.title || bucket.name;
  const entries: MenuEntry[] = [
    { label: "Open", icon: "bucket", onSelect: () => void navigate(addresses.files(refOf(bucket))) },
    { label: "Settings", icon: "info", onSelect: () => void navigate(addresses.settings(refOf(bucket))) },
    ...(bucket.role === "owner" ? ["line" as const, { label: "Delete", icon: "trash" as const, onSelect: () => void remove(bucket) }] : []),
  ];
  return (
    <li className={target.isOver ? styles.target : undefined} data-drop-bucket={refOf(bucket)} data-drop-prefix="" {...target.handlers}>
      <NavLink id={id} to={addresses.files(refOf(bucket))} draggable={false}>
        <Icon name="bucket" />
        <span className="clip">
          <Name name={title} />
        </span>
      </NavLink>
      <span className={styles.dots}>
        <Menu trigger={<IconButton icon="more" size="small" label="Bucket menu" aria-describedby={id} />} entries={entries} />
      </span>
    </li>
  );
}

/** An empty one at once, and it can be taken back; of one that holds files its settings ask for its name first. */
function useRemoveBucket(): (bucket: BucketWire) => Promise<void> {
  const client = useQueryClient();
  const navigate = useNavigate();
  const told = (): Promise<void> => client.invalidateQueries({ queryKey: keys.buckets });
  return async (bucket) => {
    const path = { bucket: bucket.id };
    try {
      await api.DELETE("/api/v1/buckets/{bucket}", { params: { path } });
      const undo = async (): Promise<void> => {
        await api.POST("/api/v1/buckets/{bucket}/restore", { params: { path } });
        await told();
      };
      showToast({ text: "Deleted", name: bucket.title || bucket.name, undo });
      if (location.pathname.startsWith(addresses.files(refOf(bucket)))) void navigate("/");
    } catch (error) {
      if (isProblem(error, "bucket-not-empty")) void navigate(addresses.settings(refOf(bucket)));
      else if (error instanceof ApiProblem) showToast({ text: `Could not delete the bucket: ${error.message}` });
      else throw error;
    } finally {
      await told();
    }
  };
}
