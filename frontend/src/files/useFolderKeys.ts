import { type Dispatch, type KeyboardEvent as ReactKeyboardEvent, useEffect, useRef } from "react";
import { useNavigate } from "react-router";
import { addresses } from "@/addresses";
import type { BucketWire } from "@/api/schema";
import { isCommand, isTyping } from "@/frame/keys";
import { parentOf } from "@/kit/names";
import { cut, useCut } from "./clipboard";
import { fitsInto } from "./dragging";
import type { RowActs } from "./menu_entries";
import { forgetRefusals } from "./patches";
import type { Row } from "./rows";
import type { SelectionAct } from "./selection";
import type { Actions } from "./useActions";

interface FolderKeys {
  bucket: BucketWire;
  prefix: string;
  chosen: readonly Row[];
  dispatch: Dispatch<SelectionAct>;
  acts: RowActs;
  actions: Actions;
  isReadOnly: boolean;
  newFolder: () => void;
}

/** What keys do to files. Within the list by the answer, which takes what the list has left; in the rest of the view by listening. */
export function useFolderKeys(folder: FolderKeys): (event: ReactKeyboardEvent, row: Row | undefined) => void {
  const navigate = useNavigate();
  const clipboard = useCut();

  function paste(): boolean {
    if (!clipboard) return false;
    const { rows, bucket } = clipboard;
    cut(null);
    if (bucket.id === folder.bucket.id && !rows.every((row) => fitsInto(row, folder.prefix))) return true;
    void folder.actions.dropped({ bucket, rows }, folder.bucket.name, folder.prefix, false);
    return true;
  }

  function inView(event: KeyboardEvent): boolean {
    if (event.altKey && event.key === "ArrowUp") {
      void navigate(folder.prefix === "" ? "/" : addresses.files(folder.bucket.name, parentOf(folder.prefix)));
      return true;
    }
    if (folder.isReadOnly) return false;
    // By the place of the key as well: ⌥N on Apple writes another letter.
    if (event.altKey && !event.ctrlKey && !event.metaKey && (event.code === "KeyN" || event.key === "n")) {
      folder.newFolder();
      return true;
    }
    return isCommand(event) && event.key.toLowerCase() === "v" && paste();
  }

  const latest = useRef(inView);
  useEffect(() => {
    latest.current = inView;
  });
  useEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      if (!event.defaultPrevented && !isTyping(event.target) && latest.current(event)) event.preventDefault();
    };
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, []);

  return (event, row) => {
    const rows = folder.chosen.length > 0 ? folder.chosen : row ? [row] : [];
    const [only] = rows;
    if (!only) return;
    const isOne = rows.length === 1;
    const done = (): void => event.preventDefault();
    if (event.key === "Escape") {
      done();
      cut(null);
      forgetRefusals();
      folder.dispatch({ act: "clear" });
    } else if (event.altKey && event.key === "Enter") {
      done();
      if (row?.kind === "file") folder.acts.details(row);
    } else if (folder.isReadOnly) {
      return;
    } else if (event.key === "F2" && isOne) {
      done();
      folder.acts.rename(only);
    } else if (event.key === "Delete" || (event.key === "Backspace" && event.metaKey)) {
      done();
      folder.acts.remove(rows);
    } else if (isCommand(event) && event.key.toLowerCase() === "x") {
      done();
      cut({ bucket: folder.bucket, rows });
    }
  };
}
