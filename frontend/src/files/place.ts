import { useMemo } from "react";
import { useLocation } from "react-router";

export interface Place {
  bucket: string; // its name, or its id
  prefix: string; // "" at the root, else with its slash
}

/** Where in which bucket the address leads. Read from the address itself: the router takes `%2F` within a name for a slash. */
export function placeIn(pathname: string): Place | null {
  const [bucket = "", ...segments] = pathname.replace(/^\/b\//, "").split("/");
  try {
    const path = segments.map(decodeURIComponent).join("/");
    return { bucket: decodeURIComponent(bucket), prefix: path === "" || path.endsWith("/") ? path : `${path}/` };
  } catch {
    return null; // `%` without what it promises: nobody's name.
  }
}

export function usePlace(): Place | null {
  const { pathname } = useLocation();
  return useMemo(() => placeIn(pathname), [pathname]);
}

/** The folders on the way to `prefix`, outermost first, itself last. */
export function waysTo(prefix: string): string[] {
  const ends = Array.from(prefix.matchAll(/\//g), (slash) => slash.index + 1);
  return ends.map((end) => prefix.slice(0, end));
}
