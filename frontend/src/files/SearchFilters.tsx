import { lazy, Suspense, useState } from "react";
import { useSearchParams } from "react-router";
import { isCalled } from "@/addresses";
import type { BucketWire } from "@/api/schema";
import { Button, IconButton, Menu } from "@/kit";
import { baseOf, shownName } from "@/kit/names";
import styles from "./SearchView.module.css";

const FilterDialog = lazy(() => import("./FilterDialog"));

const TITLES = { bucket: "Bucket", folder: "Folder", name: "Name", description: "Description", tag: "Tag" } as const;
export type Filter = keyof typeof TITLES;
const FILTERS = Object.keys(TITLES) as Filter[];

/** The filters beside the words: each can be taken away; several tags must all be there. */
export function SearchFilters({ buckets }: { buckets: readonly BucketWire[] }) {
  const [search, setSearch] = useSearchParams();
  const [added, add] = useState<Filter | null>(null);
  const set = FILTERS.flatMap((filter) => search.getAll(filter).map((value) => ({ filter, value })));
  const remove = (filter: Filter, value: string): void =>
    setSearch(
      (before) => {
        const after = new URLSearchParams(before);
        after.delete(filter, value);
        return after;
      },
      { replace: true },
    );
  const put = (filter: Filter, value: string): void => {
    add(null);
    setSearch(
      (before) => {
        const after = new URLSearchParams(before);
        if (filter === "tag") after.append(filter, value);
        else after.set(filter, value);
        return after;
      },
      { replace: true },
    );
  };
  const said = (filter: Filter, value: string): string => {
    const bucket = filter === "bucket" ? buckets.find((one) => isCalled(one, value)) : undefined;
    if (filter === "folder") return shownName(baseOf(value));
    return shownName(bucket ? bucket.title || bucket.name : value);
  };
  return (
    <div className={styles.chips}>
      {set.map(({ filter, value }) => (
        <span key={`${filter} ${value}`} className={styles.chip}>
          <bdi className="clip">
            {TITLES[filter]}: {said(filter, value)}
          </bdi>
          <IconButton icon="x" size="small" label={`Remove filter ${TITLES[filter]}`} onClick={() => remove(filter, value)} />
        </span>
      ))}
      <Menu
        trigger={
          <Button look="quiet" size="small" icon="plus">
            Add filter
          </Button>
        }
        entries={FILTERS.filter((filter) => filter !== "folder").map((filter) => ({ label: TITLES[filter], onSelect: () => add(filter) }))}
      />
      {set.length > 1 && (
        <Button look="quiet" size="small" onClick={() => setSearch((before) => new URLSearchParams([...before].filter(([name]) => !FILTERS.some((filter) => filter === name))), { replace: true })}>
          Remove all filters
        </Button>
      )}
      <Suspense>
        {added && <FilterDialog filter={added} title={TITLES[added]} buckets={buckets} onClose={() => add(null)} onValue={(value) => put(added, value)} />}
      </Suspense>
    </div>
  );
}
