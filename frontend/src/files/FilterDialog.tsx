import { useId } from "react";
import { refOf } from "@/addresses";
import type { BucketWire } from "@/api/schema";
import { Button, Dialog, Field } from "@/kit";
import { shownName } from "@/kit/names";
import type { Filter } from "./SearchFilters";
import styles from "./SearchView.module.css";

interface FilterDialogProps {
  filter: Filter;
  title: string;
  buckets: readonly BucketWire[];
  onValue: (value: string) => void;
  onClose: () => void;
}

const HINTS: Partial<Record<Filter, string>> = { tag: "The tag, or tag=value.", name: "A part of the name.", description: "A part of the description." };

/** What one filter of the search asks for. */
export default function FilterDialog({ filter, title, buckets, onValue, onClose }: FilterDialogProps) {
  const form = useId();
  return (
    <Dialog
      title="Add filter"
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" form={form} look="primary">
            Add
          </Button>
        </>
      }
    >
      <form
        id={form}
        onSubmit={(event) => {
          event.preventDefault();
          const value = new FormData(event.currentTarget).get("value");
          if (typeof value === "string" && value.trim() !== "") onValue(value.trim());
        }}
      >
        {filter === "bucket" ? (
          <label className={styles.choice}>
            {title}
            <select name="value" autoFocus>
              {buckets.map((bucket) => (
                <option key={bucket.id} value={refOf(bucket)}>
                  {shownName(bucket.title || bucket.name)}
                </option>
              ))}
            </select>
          </label>
        ) : (
          <Field label={title} name="value" hint={HINTS[filter]} autoFocus autoComplete="off" required />
        )}
      </form>
    </Dialog>
  );
}
