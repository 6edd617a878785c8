import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { Link, useSearchParams } from "react-router";
import { api, held } from "@/api/client";
import { bucketsQuery, keys } from "@/api/queries";
import type { BucketWire, FileRecordWire } from "@/api/schema";
import { View } from "@/frame/View";
import { Blank, Button } from "@/kit";
import { counted, formatCount } from "@/kit/format";
import { baseOf, parentOf, shownName } from "@/kit/names";
import { FileBrowser } from "./FileBrowser";
import { Skeletons, Unreachable } from "./FolderStates";
import { useLate } from "./lately";
import { patched, usePatches } from "./patches";
import { waysTo } from "./place";
import { fileRow, type Row } from "./rows";
import { SearchFilters } from "./SearchFilters";
import { askedOf, filtersIn, isAsked, isIn } from "./search_filters";
import styles from "./SearchView.module.css";
import { orderIn, sorted } from "./sorting";

const PAGE = 200;
const ENOUGH = 200; // a page may be empty and still not the last: so many are looked for
const AFTER_TYPING_MILLISECONDS = 250;
const WHERE = { folder: "in this folder and all below it", bucket: "in this bucket", all: "in all buckets" } as const;
const placeOf = (filters: URLSearchParams): keyof typeof WHERE => (filters.has("folder") ? "folder" : filters.has("bucket") ? "bucket" : "all");
const NOBODY: ReadonlySet<string> = new Set();

/** What is looked for stands in the address. */
export default function SearchView() {
  const [search, setSearch] = useSearchParams();
  const buckets = useQuery(bucketsQuery);
  const filters = filtersIn(search);
  const found = useFound(filters.toString(), isAsked(filters));
  const rows = useRows(found.data?.pages.flatMap((page) => page.items), buckets.data, orderIn(search));
  const scroller = useRef<HTMLDivElement>(null);
  const isLate = useLate(found.isLoading);
  const all = buckets.data;
  const bucketOf = useCallback((row: Row): BucketWire => bucketOfRow(row, all ?? []), [all]);
  const addressOf = useCallback(
    (row: Row): string => {
      const after = new URLSearchParams(search);
      after.set("preview", row.key);
      return `/search?${after.toString()}`;
    },
    [search],
  );
  const asked = search.get("q") ?? "";
  const what = asked === "" ? "" : ` for “${shownName(asked)}”`;
  const count = rows.length;
  const [first] = all ?? [];
  const clear = (): void => setSearch(new URLSearchParams(), { replace: true });
  return (
    <View
      title={asked === "" ? "Search" : `Search: ${shownName(asked)}`}
      heading={found.data && count > 0 ? `${formatCount(count)}${found.hasNextPage ? " or more" : ""} found${what}` : "Search"}
      facts="In names, descriptions and tags"
      crumbs={
        <Link className={styles.all} to="/">
          All files
        </Link>
      }
      below={
        <>
          <SearchField />
          <SearchFilters buckets={all ?? []} />
        </>
      }
      scroller={scroller}
    >
      {found.error && !found.data ? (
        <Unreachable what="The search" query={found} />
      ) : !isAsked(filters) ? (
        <Blank title={filters.has("folder") ? "Search in this folder" : "Search all your files"}>Names, descriptions and tags, {WHERE[placeOf(filters)]}.</Blank>
      ) : found.data && first && count > 0 ? (
        <>
          <FileBrowser label="Found files" rows={rows} own={NOBODY} isWhole={false} scroller={scroller} here={{ bucket: first, prefix: "" }} bucketOf={bucketOf} addressOf={addressOf} />
          {found.hasNextPage && (
            <div className={styles.more}>
              <Button disabled={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
                Show more
              </Button>
            </div>
          )}
        </>
      ) : found.data && !found.isFetching ? (
        <Blank title={`Nothing found${what}.`} acts={<Button onClick={clear}>Clear filters</Button>} />
      ) : (
        isLate && <Skeletons />
      )}
      <p className="visually-hidden" role="status">
        {found.data && !found.isFetching ? `${counted(count, "file")} found` : ""}
      </p>
    </View>
  );
}

/** The words stand in the address a moment after the last key. */
function SearchField() {
  const [search, setSearch] = useSearchParams();
  const asked = search.get("q") ?? "";
  const [typed, type] = useState(asked);
  const [seen, see] = useState(asked);
  if (seen !== asked) {
    see(asked);
    type(asked);
  }
  useEffect(() => {
    if (typed === asked) return;
    const timer = setTimeout(() => {
      setSearch(
        (before) => {
          const after = new URLSearchParams(before);
          if (typed === "") after.delete("q");
          else after.set("q", typed);
          return after;
        },
        { replace: true },
      );
    }, AFTER_TYPING_MILLISECONDS);
    return () => clearTimeout(timer);
  }, [typed, asked, setSearch]);
  return (
    <form className={styles.field} role="search" onSubmit={(event) => event.preventDefault()}>
      <input type="search" aria-label="Search" placeholder="Search" value={typed} autoFocus spellCheck={false} onChange={(event) => type(event.currentTarget.value)} />
    </form>
  );
}

function useFound(filters: string, enabled: boolean) {
  const query = useInfiniteQuery({
    queryKey: keys.search(filters),
    enabled,
    queryFn: async ({ pageParam, signal }) => {
      const asked = new URLSearchParams(filters);
      const query = { ...askedOf(asked), limit: PAGE, ...(pageParam === null ? {} : { cursor: pageParam }) };
      const page = await held(api.GET("/api/v1/search", { params: { query }, signal }));
      return { ...page, items: page.items.filter((item) => isIn(asked, item.path)) };
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    // While other words are looked for, what the last ones found stays.
    placeholderData: (before) => before,
  });
  const { data, hasNextPage, isFetching, fetchNextPage } = query;
  const count = data?.pages.reduce((sum, page) => sum + page.items.length, 0) ?? 0;
  useEffect(() => {
    if (hasNextPage && !isFetching && count < ENOUGH) void fetchNextPage();
  }, [hasNextPage, isFetching, count, fetchNextPage]);
  return query;
}

function useRows(items: readonly FileRecordWire[] | undefined, buckets: readonly BucketWire[] | undefined, order: ReturnType<typeof orderIn>): readonly Row[] {
  const { column, isDescending } = order;
  const rows = useMemo(() => {
    const titles = new Map(buckets?.map((bucket) => [bucket.id, bucket.title || bucket.name]));
    const known = (items ?? []).filter((item) => titles.has(item.bucket_id) && !item.path.endsWith("/"));
    return sorted(known.map((item) => ({ ...fileRow(item), where: [titles.get(item.bucket_id) ?? "", ...waysTo(parentOf(item.path)).map(baseOf)] })), { column, isDescending });
  }, [items, buckets, column, isDescending]);
  const gone = usePatches().map((patch) => ({ ...patch, plus: patch.plus.filter((row) => rows.some((one) => one.key === row.key)) }));
  return patched(rows, gone, order);
}

const bucketOfRow = (row: Row, buckets: readonly BucketWire[]): BucketWire => {
  const id = row.kind === "file" && "bucket_id" in row.entry ? row.entry.bucket_id : undefined;
  const found = buckets.find((bucket) => bucket.id === id);
  if (!found) throw new Error("A found file lies in a bucket that is known.");
  return found;
};

