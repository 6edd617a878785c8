import { useLayoutEffect, useRef } from "react";
import { useNavigate } from "react-router";
import { addresses, refOf } from "@/addresses";
import type { BucketWire } from "@/api/schema";
import { isCommand, isTyping } from "@/frame/keys";
import { parentOf } from "@/kit/names";
import { cut, useCut } from "./clipboard";
import { fitsInto } from "./dragging";
import type { Actions } from "./useActions";

interface ViewKeys {
  bucket: BucketWire;
  prefix: string;
  actions: Actions;
  newFolder: (() => void) | null; // null: nothing can be put here
  count: number; // of rows
}

const FOUND_BY_BROWSER = 1_000; // of more rows the browser's own search would look through those on the screen only

/** Keys of a folder's view, wherever in it the focus is: up, new folder, finding in it, putting there what was cut. */
export function useViewKeys(view: ViewKeys): void {
  const navigate = useNavigate();
  const clipboard = useCut();

  function paste(): boolean {
    if (!clipboard || !view.newFolder) return false;
    cut(null);
    const { rows, bucket } = clipboard;
    const isElsewhere = bucket.id !== view.bucket.id || rows.every((row) => fitsInto(row, view.prefix));
    if (isElsewhere) void view.actions.dropped(clipboard, refOf(view.bucket), view.prefix, false);
    return true;
  }

  function pressed(event: KeyboardEvent): boolean {
    const isAlt = event.altKey && !event.ctrlKey && !event.metaKey;
    if (isAlt && event.key === "ArrowUp") {
      void navigate(view.prefix === "" ? "/" : addresses.files(refOf(view.bucket), parentOf(view.prefix)));
      return true;
    }
    // By the place of the key as well: ⌥N writes another letter.
    if (isAlt && view.newFolder && (event.code === "KeyN" || event.key === "n")) {
      view.newFolder();
      return true;
    }
    if (isCommand(event) && event.key.toLowerCase() === "f" && view.count > FOUND_BY_BROWSER) {
      void navigate(addresses.searchIn(refOf(view.bucket), view.prefix));
      return true;
    }
    return isCommand(event) && event.key.toLowerCase() === "v" && paste();
  }

  const latest = useRef(pressed);
  useLayoutEffect(() => {
    latest.current = pressed;
  });
  useLayoutEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      if (!event.defaultPrevented && !isTyping(event.target) && latest.current(event)) event.preventDefault();
    };
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, []);
}
