/** The filters of a search, as they stand in the address. All of them must hold. */

export const FILTERS = ["q", "bucket", "folder", "name", "description"] as const;

/** Only what is a filter, in one order: the same search has the same address. */
export function filtersIn(search: URLSearchParams): URLSearchParams {
  const filters = new URLSearchParams();
  for (const name of FILTERS) {
    const value = name === "folder" ? search.get(name) : search.get(name)?.trim();
    if (value) filters.set(name, value);
  }
  for (const tag of search.getAll("tag").slice(0, 10)) if (tag.trim()) filters.append("tag", tag.trim());
  return filters;
}

/** A bucket, or a folder, alone is no search: it is a place. */
export const isAsked = (filters: URLSearchParams): boolean => [...filters.keys()].some((name) => name !== "bucket" && name !== "folder");

const LONGEST_ASKED = 1_000; // characters

/** As the API asks for it. It knows no folders: a part of the path it is to it, and `isIn` says the rest. */
export function askedOf(filters: URLSearchParams): { q?: string; bucket?: string; name?: string; description?: string; tag: string[] } {
  const folder = filters.get("folder") ?? "";
  const name = filters.get("name") ?? (folder.length > LONGEST_ASKED ? "" : folder);
  const asked = { q: filters.get("q"), bucket: filters.get("bucket"), name, description: filters.get("description") };
  return { ...Object.fromEntries(Object.entries(asked).filter(([, value]) => value)), tag: filters.getAll("tag") };
}

export const isIn = (filters: URLSearchParams, path: string): boolean => path.startsWith(filters.get("folder") ?? "");
