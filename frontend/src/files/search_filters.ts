/** The filters of a search, as they stand in the address. All of them must hold. */

export const FILTERS = ["q", "bucket", "name", "description"] as const;

/** Only what is a filter, in one order: the same search has the same address. */
export function filtersIn(search: URLSearchParams): URLSearchParams {
  const filters = new URLSearchParams();
  for (const name of FILTERS) {
    const value = search.get(name)?.trim();
    if (value) filters.set(name, value);
  }
  for (const tag of search.getAll("tag").slice(0, 10)) if (tag.trim()) filters.append("tag", tag.trim());
  return filters;
}

/** A bucket alone is no search: it is a place. */
export const isAsked = (filters: URLSearchParams): boolean => [...filters.keys()].some((name) => name !== "bucket");
