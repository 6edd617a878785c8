import { lazy, Suspense, useCallback, useEffect, useMemo, useReducer, useRef, useState } from "react";
import { useNavigate, useSearchParams } from "react-router";
import { addresses } from "@/addresses";
import { ApiProblem } from "@/api/problems";
import type { BucketWire } from "@/api/schema";
import { DetailsOutlet, downloadArchive, downloadFile } from "@/details";
import { View } from "@/frame/View";
import { Button, MenuAt, Name } from "@/kit";
import { showToast } from "@/kit/toast";
import { baseOf, shownName } from "@/kit/names";
import { UploadButtons, useUploadTarget } from "@/upload";
import { useCut } from "./clipboard";
import { Crumbs } from "./Crumbs";
import { onDropped } from "./dragging";
import { EmptyFolder } from "./EmptyFolder";
import { FileList } from "./FileList";
import styles from "./FileList.module.css";
import { NoSuch } from "./FilesView";
import { FolderFacts } from "./FolderFacts";
import { Skeletons, Unreachable } from "./FolderStates";
import { FolderTools } from "./FolderTools";
import { useLate } from "./lately";
import { type ListActs, ListProvider } from "./ListContext";
import { entriesFor, type RowActs } from "./menu_entries";
import { forgetRefusals } from "./patches";
import type { Row } from "./rows";
import { SelectionBar, Waiting } from "./SelectionBar";
import { NOTHING, selected } from "./selection";
import { orderIn } from "./sorting";
import { useActions } from "./useActions";
import { useFolder, useFresh, useHeld } from "./useFolder";
import { useFolderKeys } from "./useFolderKeys";
import { useKeptScroll } from "./useKeptScroll";
import { usePressed } from "./usePressed";

const MoveDialog = lazy(() => import("./MoveDialog"));
const NewFolderDialog = lazy(() => import("./NewFolderDialog"));
const ConfirmDialog = lazy(() => import("./ConfirmDialog"));

type Asked = { what: "move" | "delete"; rows: readonly Row[] } | { what: "folder" } | null;

function download(bucket: BucketWire, [row, ...more]: readonly Row[]): void {
  if (row?.kind === "file" && more.length === 0) downloadFile(row.entry);
  else if (row) downloadArchive(bucket.id, [row, ...more].map(({ path }) => path));
}

export function Folder({ bucket, prefix }: { bucket: BucketWire; prefix: string }) {
  const [search, setSearch] = useSearchParams();
  const navigate = useNavigate();
  const order = orderIn(search);
  const { listing, rows: newest, facts, own } = useFolder(bucket, prefix, order);
  const [selection, dispatch] = useReducer(selected, NOTHING);
  const [renaming, setRenaming] = useState<string | null>(null);
  const [menu, setMenu] = useState<{ rows: readonly Row[]; at: { x: number; y: number } } | null>(null);
  const [asked, ask] = useState<Asked>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const isPressed = usePressed(scroller);
  const { rows, waiting } = useHeld(newest, isPressed || menu !== null || renaming !== null);
  const fresh = useFresh(rows, own, listing.data?.isWhole ?? false);
  const actions = useActions(bucket);
  const clipboard = useCut();
  const isLate = useLate(listing.isPending);
  useKeptScroll(scroller, `${bucket.id}/${prefix}?${order.column}${order.isDescending ? " down" : ""}`, rows.length);

  const isReadOnly = bucket.role === "reader";
  useUploadTarget(isReadOnly ? null : { bucket: bucket.name, prefix });
  const open = search.get("details");
  const chosen = useMemo(() => rows.filter((row) => selection.keys.has(row.key)), [rows, selection.keys]);
  const show = useCallback(
    (name: string, row: Row) =>
      setSearch((before) => {
        const after = new URLSearchParams(before);
        after.set(name, row.key);
        return after;
      }),
    [setSearch],
  );
  const close = (): void =>
    setSearch((before) => {
      const after = new URLSearchParams(before);
      after.delete("details");
      return after;
    });
  const entries = useMemo(() => rows.flatMap((row) => (row.kind === "file" ? [row.entry] : [])), [rows]);
  const focusList = useCallback(() => scroller.current?.querySelector<HTMLElement>('[data-row][tabindex="0"]')?.focus({ preventScroll: true }), []);

  const addressOf = useCallback(
    (row: Row): string => {
      if (row.kind === "folder") return addresses.files(bucket.name, row.path) + sortOf(search);
      const after = new URLSearchParams(search);
      after.set("preview", row.key);
      return `${addresses.files(bucket.name, prefix)}?${after.toString()}`;
    },
    [bucket.name, prefix, search],
  );

  const remove = useCallback(
    (which: readonly Row[]): void => {
      if (which.length === 0) return;
      if (bucket.trash_days === 0) ask({ what: "delete", rows: which });
      else void actions.remove(which);
    },
    [actions, bucket.trash_days],
  );

  const acts = useMemo<RowActs>(
    () => ({
      open: (row) => void navigate(addressOf(row)),
      download: (which) => download(bucket, which),
      details: (row) => show("details", row),
      versions: (row) => show("versions", row),
      rename: (row) => {
        forgetRefusals();
        setRenaming(row.key);
      },
      move: (which) => ask({ what: "move", rows: which }),
      copyLink: (row) => {
        void navigator.clipboard.writeText(new URL(addressOf(row), location.href).href);
        showToast({ text: "Copied the link to", name: row.name });
      },
      remove,
    }),
    [addressOf, bucket, navigate, remove, show],
  );

  const list = useMemo<ListActs>(
    () => ({
      bucket,
      addressOf,
      openMenu: (row, at) => setMenu({ rows: [row], at }),
      download: acts.download,
      toggle: (row) => dispatch({ act: "toggle", key: row.key }),
      dragged: (row) => (selection.keys.has(row.key) ? chosen : [row]),
      renamed: (row, name) => {
        setRenaming(null);
        requestAnimationFrame(focusList);
        if (name !== null) void actions.rename(row, name);
      },
    }),
    [acts, actions, addressOf, bucket, chosen, focusList, selection.keys],
  );

  useEffect(() => {
    onDropped((carried, to, into, isCopy) => void actions.dropped(carried, to, into, isCopy));
    return () => onDropped(null);
  }, [actions]);

  const onKey = useFolderKeys({ bucket, prefix, chosen, dispatch, acts, actions, isReadOnly, newFolder: () => ask({ what: "folder" }) });

  const heading = prefix === "" ? bucket.title || bucket.name : baseOf(prefix);
  if (listing.data?.isWhole && prefix !== "" && newest.length === 0 && listing.data.marker === null && own.size === 0) return <NoSuch what="folder" />;
  if (listing.error instanceof ApiProblem && listing.error.status === 404 && !listing.data) return <NoSuch what="bucket" />;
  const isEmpty = listing.data?.isWhole === true && newest.length === 0;
  return (
    <View
      title={shownName(heading)}
      heading={<Name name={heading} clip={false} />}
      facts={listing.data && <FolderFacts bucket={bucket} prefix={prefix} listing={listing.data} facts={facts} />}
      crumbs={<Crumbs bucket={bucket} prefix={prefix} />}
      tools={<FolderTools bucket={bucket} prefix={prefix} current={chosen[0]} isOpen={open !== null} onNewFolder={() => ask({ what: "folder" })} isReadOnly={isReadOnly} />}
      acts={
        listing.data &&
        !isReadOnly && (
          <>
            {!isEmpty && (
              <Button icon="folder-plus" onClick={() => ask({ what: "folder" })}>
                New folder
              </Button>
            )}
            <UploadButtons />
          </>
        )
      }
      scroller={scroller}
      aside={
        <DetailsOutlet
          bucket={bucket}
          prefix={prefix}
          entries={entries}
          selection={selection.keys}
          onClose={() => {
            close();
            focusList();
          }}
        />
      }
    >
      {listing.data ? (
        isEmpty ? (
          <EmptyFolder isReadOnly={isReadOnly} onNewFolder={() => ask({ what: "folder" })} />
        ) : (
          <ListProvider value={list}>
            <FileList
              label={`Files in ${shownName(heading)}`}
              rows={rows}
              total={prefix === "" && !listing.data.isWhole ? rows.length + 1 : rows.length}
              selection={selection}
              dispatch={dispatch}
              scroller={scroller}
              renaming={renaming}
              fresh={fresh}
              cut={new Set(clipboard?.rows.map((row) => row.key))}
              open={open}
              bar={
                chosen.length > 0 && (
                  <SelectionBar
                    rows={chosen}
                    acts={{
                      download: () => acts.download(chosen),
                      move: () => acts.move(chosen),
                      remove: () => remove(chosen),
                      clear: () => {
                        dispatch({ act: "clear" });
                        focusList();
                      },
                    }}
                  />
                )
              }
              waiting={<Waiting count={waiting} className={styles.waiting} />}
              onOpen={acts.open}
              onMenu={(row, at) => {
                const which = selection.keys.has(row.key) ? chosen : [row];
                if (which.length === 1 && !selection.keys.has(row.key)) dispatch({ act: "only", key: row.key });
                setMenu({ rows: which, at });
              }}
              onKey={onKey}
            />
          </ListProvider>
        )
      ) : listing.error ? (
        <Unreachable what="This folder" query={listing} />
      ) : (
        isLate && <Skeletons />
      )}
      {menu && (
        <MenuAt
          label="Actions"
          at={menu.at}
          entries={entriesFor(menu.rows, acts, isReadOnly)}
          onClose={() => setMenu(null)}
          onClosed={() => renaming === null && asked === null && focusList()}
        />
      )}
      <Suspense>
        {asked?.what === "folder" && (
          <NewFolderDialog rows={rows} onClose={() => ask(null)} onName={(name) => void actions.makeFolder(prefix, name)} />
        )}
        {asked?.what === "move" && (
          <MoveDialog
            bucket={bucket}
            rows={asked.rows}
            onClose={() => ask(null)}
            onTarget={(target) => {
              ask(null);
              void actions.move(asked.rows, target);
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
              void actions.remove(asked.rows);
            }}
          >
            This bucket keeps no trash: what is deleted is gone for good.
          </ConfirmDialog>
        )}
      </Suspense>
    </View>
  );

  function sortOf(from: URLSearchParams): string {
    const kept = new URLSearchParams([...from].filter(([name]) => name === "sort" || name === "order"));
    return kept.size > 0 ? `?${kept.toString()}` : "";
  }
}

