import { createContext, useContext } from "react";
import type { BucketWire } from "@/api/schema";
import type { Row } from "./rows";

/** What a row can ask of its list; it stays the same while the list lives, so that rows are drawn again only when they change. */
export interface ListActs {
  bucketOf: (row: Row) => BucketWire;
  addressOf: (row: Row) => string;
  openMenu: (row: Row, at: { x: number; y: number }) => void; // for this row alone
  download: (rows: readonly Row[]) => void;
  toggle: (row: Row) => void;
  dragged: (row: Row) => readonly Row[]; // what a drag of this row carries
  renamed: (row: Row, name: string | null) => void; // null: given up
}

const Context = createContext<ListActs | null>(null);

export const ListProvider = Context.Provider;

export function useList(): ListActs {
  const acts = useContext(Context);
  if (!acts) throw new Error("A row stands in a list.");
  return acts;
}
