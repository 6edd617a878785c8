import type { Dispatch, KeyboardEvent } from "react";
import type { BucketWire } from "@/api/schema";
import { isCommand } from "@/frame/keys";
import { cut } from "./clipboard";
import type { RowActs } from "./menu_entries";
import { forgetRefusals } from "./patches";
import type { Row } from "./rows";
import type { SelectionAct } from "./selection";

interface RowKeys {
  chosen: readonly Row[];
  dispatch: Dispatch<SelectionAct>;
  acts: RowActs;
  isReadOnly: (rows: readonly Row[]) => boolean;
  bucketOf: (row: Row) => BucketWire;
}

/** What keys do to the files of a list: it takes what the list itself has left. */
export function rowKeys(list: RowKeys): (event: KeyboardEvent, row: Row | undefined) => void {
  return (event, row) => {
    const rows = list.chosen.length > 0 ? list.chosen : row ? [row] : [];
    const [only] = rows;
    if (!only) return;
    const isOne = rows.length === 1;
    const done = (): void => event.preventDefault();
    if (event.key === "Escape") {
      done();
      cut(null);
      forgetRefusals();
      list.dispatch({ act: "clear" });
    } else if (event.altKey && event.key === "Enter") {
      done();
      if (row?.kind === "file") list.acts.details(row);
    } else if (list.isReadOnly(rows)) {
      return;
    } else if (event.key === "F2" && isOne) {
      done();
      list.acts.rename(only);
    } else if (event.key === "Delete" || (event.key === "Backspace" && event.metaKey)) {
      done();
      list.acts.remove(rows);
    } else if (isCommand(event) && event.key.toLowerCase() === "x") {
      done();
      const bucket = list.bucketOf(only);
      cut({ bucket, rows: rows.filter((one) => list.bucketOf(one) === bucket) });
    }
  };
}
