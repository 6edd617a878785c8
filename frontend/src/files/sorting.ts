/** The order of a list: folders first, then by the column, then by name. */

import { changedAt, type Row, sizeOf } from "./rows";

export const COLUMNS = ["name", "status", "changed", "size"] as const;
export type Column = (typeof COLUMNS)[number];

export interface Order {
  column: Column;
  isDescending: boolean;
}

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "variant" });
// What needs somebody comes first, what is well last.
const STANDINGS: Record<string, number> = { failed: 0, processing: 1, pending: 2, completed: 4 };

/** `?sort=…&order=desc`; what is not understood is by name. */
export function orderIn(search: URLSearchParams): Order {
  const column = COLUMNS.find((one) => one === search.get("sort")) ?? "name";
  return { column, isDescending: search.get("order") === "desc" };
}

export function comparing({ column, isDescending }: Order): (a: Row, b: Row) => number {
  const by = COMPARED[column];
  const sign = isDescending ? -1 : 1;
  return (a, b) => {
    if (a.kind !== b.kind) return a.kind === "folder" ? -1 : 1;
    return sign * by(a, b) || byName(a, b);
  };
}

/** Sorted at once; for lists that grow, `merged` adds to what is sorted already. */
export const sorted = (rows: readonly Row[], order: Order): Row[] => [...rows].sort(comparing(order));

/** Two sorted lists as one. */
export function merged(a: readonly Row[], b: readonly Row[], order: Order): Row[] {
  const compare = comparing(order);
  const [lastA, firstB] = [a.at(-1), b[0]];
  // Pages come by name: mostly the next one goes behind all that is there.
  if (!lastA || !firstB || compare(lastA, firstB) <= 0) return [...a, ...b];
  const all: Row[] = [];
  let j = 0;
  for (const row of a) {
    for (let other = b[j]; other && compare(other, row) < 0; other = b[j]) {
      all.push(other);
      j += 1;
    }
    all.push(row);
  }
  return all.concat(b.slice(j));
}

function byName(a: Row, b: Row): number {
  const order = collator.compare(a.name, b.name);
  if (order !== 0 || a.name === b.name) return order;
  return a.name < b.name ? -1 : 1; // Two normal forms of one name: still always in the same order.
}

const COMPARED: Record<Column, (a: Row, b: Row) => number> = {
  name: byName,
  status: (a, b) => standing(a) - standing(b),
  changed: (a, b) => Date.parse(changedAt(a) ?? "1970-01-01") - Date.parse(changedAt(b) ?? "1970-01-01"),
  size: (a, b) => sizeOf(a) - sizeOf(b),
};

function standing(row: Row): number {
  if (row.kind === "file") return STANDINGS[row.entry.sync_status ?? "pending"] ?? 3;
  return row.facts?.failed ? 0 : row.facts?.checking ? 1 : 4;
}
