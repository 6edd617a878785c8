import { lazy, type RefObject, Suspense, useCallback, useEffect, useMemo, useReducer, useState } from "react";
import { useNavigate, useSearchParams } from "react-router";
import type { BucketWire } from "@/api/schema";
import { DetailsOutlet } from "@/details";
import { MenuAt } from "@/kit";
import { showToast } from "@/kit/toast";
import { useCut } from "./clipboard";
import { onDropped } from "./dragging";
import { FileList } from "./FileList";
import styles from "./FileList.module.css";
import { type ListActs, ListProvider } from "./ListContext";
import { entriesFor, type RowActs } from "./menu_entries";
import { forgetRefusals } from "./patches";
import { rowKeys } from "./row_keys";
import type { FileRow, Row } from "./rows";
import { SelectionBar, Waiting } from "./SelectionBar";
import { NOTHING, selected } from "./selection";
import { isTaggable } from "./tagging";
import { useEverywhere } from "./useEverywhere";
import { useFresh, useHeld } from "./useFolder";
import { usePressed } from "./usePressed";

const MoveDialog = lazy(() => import("./MoveDialog"));
const TagDialog = lazy(() => import("./TagDialog"));
const ConfirmDialog = lazy(() => import("./ConfirmDialog"));

export interface FileBrowserProps {
  label: string;
  rows: readonly Row[];
  own: ReadonlySet<string>; // keys of what was done here
  isWhole: boolean;
  scroller: RefObject<HTMLDivElement | null>;
  here: { bucket: BucketWire; prefix: string }; // whose details are shown if nothing is selected
  bucketOf: (row: Row) => BucketWire;
  addressOf: (row: Row) => string; // the same function while nothing changes
}

type Asked = { what: "move" | "delete"; rows: readonly Row[] } | { what: "tag"; rows: readonly FileRow[] } | null;

/** A list of files and all that can be done with it: selecting, opening, the menu, renaming, moving, deleting, details. */
export function FileBrowser({ label, rows: newest, own, isWhole, scroller, here, bucketOf, addressOf }: FileBrowserProps) {
  const [search, setSearch] = useSearchParams();
  const navigate = useNavigate();
  const [selection, dispatch] = useReducer(selected, NOTHING);
  const [renaming, setRenaming] = useState<string | null>(null);
  const [menu, setMenu] = useState<{ rows: readonly Row[]; at: { x: number; y: number } } | null>(null);
  const [asked, ask] = useState<Asked>(null);
  const isPressed = usePressed(scroller);
  const { rows, waiting } = useHeld(newest, isPressed || menu !== null || renaming !== null);
  const fresh = useFresh(rows, own, isWhole);
  const clipboard = useCut();
  const cut = useMemo(() => new Set(clipboard?.rows.map((row) => row.key)), [clipboard]);
  const everywhere = useEverywhere(bucketOf);
  const open = search.get("details");
  const chosen = useMemo(() => rows.filter((row) => selection.keys.has(row.key)), [rows, selection.keys]);
  const entries = useMemo(() => rows.flatMap((row) => (row.kind === "file" ? [row.entry] : [])), [rows]);
  const isReadOnly = useCallback((which: readonly Row[]) => which.some((row) => bucketOf(row).role === "viewer"), [bucketOf]);
  const focusList = useCallback(() => focusStop(scroller), [scroller]);

  const show = useCallback(
    (name: string, value: string | null) =>
      setSearch((before) => {
        const after = new URLSearchParams(before);
        if (value === null) after.delete(name);
        else after.set(name, value);
        return after;
      }),
    [setSearch],
  );

  const acts = useMemo<RowActs>(
    () => ({
      open: (row) => void navigate(addressOf(row)),
      download: everywhere.download,
      details: (row) => show("details", row.key),
      versions: (row) => show("versions", row.key),
      rename: (row) => {
        forgetRefusals();
        setRenaming(row.key);
      },
      move: (which) => ask({ what: "move", rows: which }),
      tag: (which) => ask({ what: "tag", rows: which }),
      copyLink: (row) => {
        void navigator.clipboard.writeText(new URL(addressOf(row), location.href).href);
        showToast({ text: "Copied the link to", name: row.name });
      },
      remove: (which) => {
        if (which.some((row) => bucketOf(row).trash_days === 0)) ask({ what: "delete", rows: which });
        else everywhere.remove(which);
      },
    }),
    [addressOf, bucketOf, everywhere, navigate, show],
  );

  const list = useMemo<ListActs>(
    () => ({
      bucketOf,
      addressOf,
      openMenu: (row, at) => setMenu({ rows: [row], at }),
      download: acts.download,
      toggle: (row) => dispatch({ act: "toggle", key: row.key }),
      dragged: (row) => (selection.keys.has(row.key) ? chosen.filter((one) => bucketOf(one) === bucketOf(row)) : [row]),
      renamed: (row, name) => {
        setRenaming(null);
        requestAnimationFrame(focusList);
        if (name !== null) everywhere.rename(row, name);
      },
    }),
    [acts, addressOf, bucketOf, chosen, everywhere, focusList, selection.keys],
  );

  useEffect(() => {
    onDropped(everywhere.dropped);
    return () => onDropped(null);
  }, [everywhere]);

  const onKey = rowKeys({ chosen, dispatch, acts, isReadOnly, bucketOf });
  const outletRow = rows.find((row) => [open, search.get("preview"), search.get("versions")].includes(row.key));
  const clear = (): void => {
    dispatch({ act: "clear" });
    focusList();
  };
  return (
    <>
      <ListProvider value={list}>
        <FileList
          label={label}
          rows={rows}
          total={rows.length}
          selection={selection}
          dispatch={dispatch}
          scroller={scroller}
          renaming={renaming}
          fresh={fresh}
          cut={cut}
          open={open}
          bar={
            chosen.length > 0 && (
              <SelectionBar
                rows={chosen}
                isReadOnly={isReadOnly(chosen)}
                acts={{
                  download: () => acts.download(chosen),
                  move: () => acts.move(chosen),
                  tag: isTaggable(chosen) ? () => acts.tag(chosen) : null,
                  remove: () => acts.remove(chosen),
                  clear,
                }}
              />
            )
          }
          waiting={<Waiting count={waiting} className={styles.waiting} />}
          onOpen={acts.open}
          onMenu={(row, at) => {
            const isChosen = selection.keys.has(row.key);
            if (!isChosen) dispatch({ act: "only", key: row.key });
            setMenu({ rows: isChosen ? chosen : [row], at });
          }}
          onKey={onKey}
        />
      </ListProvider>
      <DetailsOutlet
        bucket={outletRow ? bucketOf(outletRow) : here.bucket}
        prefix={here.prefix}
        entries={entries}
        selection={selection.keys}
        onClose={() => {
          show("details", null);
          focusList();
        }}
      />
      {menu && (
        <MenuAt
          label="Actions"
          at={menu.at}
          entries={entriesFor(menu.rows, acts, isReadOnly(menu.rows))}
          onClose={() => setMenu(null)}
          onClosed={() => renaming === null && asked === null && focusList()}
        />
      )}
      <Suspense>
        {asked?.what === "move" && asked.rows[0] && (
          <MoveDialog
            bucket={bucketOf(asked.rows[0])}
            rows={asked.rows}
            onClose={() => ask(null)}
            onTarget={(target) => {
              ask(null);
              everywhere.move(asked.rows, target);
            }}
          />
        )}
        {asked?.what === "tag" && (
          <TagDialog
            rows={asked.rows}
            onClose={() => ask(null)}
            onChange={(change) => {
              ask(null);
              everywhere.tag(asked.rows, change);
            }}
          />
        )}
        {asked?.what === "delete" && (
          <ConfirmDialog
            title="Delete for good?"
            verb="Delete"
            onClose={() => ask(null)}
            onConfirm={() => {
              ask(null);
              everywhere.remove(asked.rows);
            }}
          >
            This bucket keeps no trash: what is deleted is gone for good.
          </ConfirmDialog>
        )}
      </Suspense>
    </>
  );
}

/** The list's tab stop. */
function focusStop(scroller: RefObject<HTMLElement | null>): void {
  scroller.current?.querySelector<HTMLElement>('[data-row][tabindex="0"]')?.focus({ preventScroll: true });
}
