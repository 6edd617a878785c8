import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { bucketsQuery } from "@/api/queries";
import type { BucketWire } from "@/api/schema";
import { Button, Dialog, Icon, Name } from "@/kit";
import { baseOf, shownName } from "@/kit/names";
import { fitsInto } from "./dragging";
import { listingQuery } from "./listing";
import styles from "./MoveDialog.module.css";
import { waysTo } from "./place";
import type { Row } from "./rows";
import { countedRows, type Target } from "./useActions";

interface MoveDialogProps {
  bucket: BucketWire;
  rows: readonly Row[];
  onTarget: (target: Target) => void;
  onClose: () => void;
}

/** Where to: one walks down into folders, and up by the way above them. */
export default function MoveDialog({ bucket, rows, onTarget, onClose }: MoveDialogProps) {
  const [at, go] = useState<Target>({ bucket, prefix: prefixOf(rows) });
  const buckets = useQuery(bucketsQuery).data ?? [bucket];
  const listing = useQuery(listingQuery(at.bucket.id, at.prefix));
  const isThere = at.bucket.id === bucket.id && !rows.every((row) => fitsInto(row, at.prefix));
  const [only] = rows;
  const folders = (listing.data?.folders ?? []).filter((folder) => at.bucket.id !== bucket.id || !rows.some((row) => row.path === folder));
  const here = at.prefix === "" ? at.bucket.title || at.bucket.name : baseOf(at.prefix);
  return (
    <Dialog
      title={rows.length === 1 && only ? <>Move {<Name name={only.name} clip={false} />}</> : `Move ${countedRows(rows)}`}
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" disabled={isThere} onClick={() => onTarget(at)}>
            Move here
          </Button>
        </>
      }
    >
      <div className={styles.where}>
        <label>
          <span className="visually-hidden">Bucket</span>
          <select
            value={at.bucket.id}
            onChange={(event) => {
              const next = buckets.find((one) => one.id === event.currentTarget.value);
              if (next) go({ bucket: next, prefix: "" });
            }}
          >
            {buckets.filter((one) => one.role !== "viewer").map((one) => (
              <option key={one.id} value={one.id}>
                {shownName(one.title || one.name)}
              </option>
            ))}
          </select>
        </label>
        {at.prefix !== "" && (
          <Button look="quiet" size="small" icon="back" onClick={() => go({ ...at, prefix: waysTo(at.prefix).at(-2) ?? "" })}>
            Up
          </Button>
        )}
      </div>
      <ul className={styles.folders} aria-label={`Folders in ${shownName(here)}`}>
        {folders.map((folder) => (
          <li key={folder}>
            <button type="button" onClick={() => go({ ...at, prefix: folder })}>
              <Icon name="folder" />
              <Name name={baseOf(folder)} />
              <Icon name="right" small />
            </button>
          </li>
        ))}
        {listing.data?.isWhole && folders.length === 0 && <li className={styles.none}>No folders here</li>}
      </ul>
      <p className={styles.target}>
        To <Name name={here} />
      </p>
    </Dialog>
  );
}

const prefixOf = ([row]: readonly Row[]): string => (row ? (waysTo(row.path.replace(/\/$/, "")).at(-1) ?? "") : "");
