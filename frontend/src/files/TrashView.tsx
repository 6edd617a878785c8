import { lazy, Suspense, useRef, useState } from "react";
import { Link } from "react-router";
import { View } from "@/frame/View";
import { Blank, Button, Icon } from "@/kit";
import { counted, formatBytes } from "@/kit/format";
import { useIsPhone } from "@/kit/media";
import { baseOf, parentOf, shownName } from "@/kit/names";
import { Skeletons, Unreachable } from "./FolderStates";
import { useLate } from "./lately";
import { nameProblem } from "./new_names";
import { bytesOf, isOwn, type Trashed } from "./trash";
import { TrashBar } from "./TrashBar";
import { TrashList } from "./TrashList";
import styles from "./TrashView.module.css";
import { useTrash, useTrashActs } from "./useTrash";

const NameDialog = lazy(() => import("./NameDialog"));
const DeletedBuckets = lazy(() => import("@/buckets/DeletedBuckets"));
const ConfirmDialog = lazy(() => import("./ConfirmDialog"));

const NONE: ReadonlySet<string> = new Set();

/** The trash of all buckets. */
export default function TrashView() {
  const { trashed, buckets, isPending, failed } = useTrash();
  const acts = useTrashActs();
  const [gone, setGone] = useState<ReadonlySet<string>>(NONE);
  const [refused, setRefused] = useState<ReadonlyMap<string, string>>(new Map());
  const [renamed, setRenamed] = useState<Trashed | null>(null);
  const [isEmptying, setEmptying] = useState<"asked" | "now" | null>(null);
  const [selected, setSelected] = useState<ReadonlySet<string>>(NONE);
  const [isPurging, askPurge] = useState(false);
  const [problem, setProblem] = useState<string>();
  const scroller = useRef<HTMLDivElement>(null);
  const shown = trashed.filter((one) => !gone.has(one.key));
  const chosen = shown.filter((one) => selected.has(one.key));
  const own = shown.filter(isOwn);
  const isLate = useLate(isPending);
  const isPhone = useIsPhone();
  const emptying = own.length > 0 && (
    <Button {...(isPhone ? { look: "quiet", size: "small" } : {})} disabled={isEmptying !== null} onClick={() => setEmptying("asked")}>
      {isEmptying === "now" ? "Emptying" : "Empty trash"}
    </Button>
  );

  /** Gone from the list at once; back in it where the server refuses. */
  async function restore(one: Trashed, to?: string): Promise<string | undefined> {
    setGone((before) => new Set([...before, one.key]));
    const result = await acts.restore(one, to);
    if (result === undefined) return undefined;
    setGone((before) => new Set([...before].filter((key) => key !== one.key)));
    if (result !== "taken") setRefused((before) => new Map([...before, [one.key, `Could not restore ${shownName(baseOf(one.path))}: ${result.why}`]]));
    else if (to === undefined) setRenamed(one);
    return result === "taken" ? `${shownName(baseOf(to ?? one.path))} is already there.` : result.why;
  }

  /** Where the list goes on, for who has no pointer: what acted on the rows is gone with them. */
  function clear(): void {
    setSelected(NONE);
    requestAnimationFrame(() => scroller.current?.querySelector<HTMLElement>("li input")?.focus({ preventScroll: true }));
  }

  function restoreChosen(): void {
    clear();
    for (const one of chosen) void restore(one);
  }

  async function purge(): Promise<void> {
    const keys = chosen.map((one) => one.key);
    askPurge(false);
    clear();
    setGone((before) => new Set([...before, ...keys]));
    const result = await acts.purge(chosen);
    if (!result) return;
    setGone((before) => new Set([...before].filter((key) => !keys.includes(key))));
    setRefused((before) => new Map([...before, ...chosen.map((one): [string, string] => [one.key, `Could not delete ${shownName(baseOf(one.path))}: ${result.why}`])]));
  }

  async function empty(): Promise<void> {
    setEmptying("now");
    const result = await acts.empty(buckets.filter((bucket) => bucket.role === "owner"));
    setProblem(result && `The trash is not empty yet: ${result.why}.`);
    setEmptying(null);
  }

  const days = new Set(buckets.map((bucket) => bucket.trash_days));
  const [kept] = days;
  return (
    <View
      title="Trash"
      heading="Trash"
      crumbs={
        <Link className={styles.all} to="/">
          All files
        </Link>
      }
      facts={`${days.size === 1 && kept !== undefined ? `Kept for ${counted(kept, "day")}. ` : ""}${counted(shown.length, "item")}, ${formatBytes(shown.reduce((sum, one) => sum + bytesOf(one), 0))}.`}
      {...(isPhone ? { tools: emptying } : { acts: emptying })}
      below={
        problem && (
          <p className={styles.problem} role="alert">
            <Icon name="bad" /> {problem}
          </p>
        )
      }
      scroller={scroller}
    >
      {failed ? (
        <Unreachable what="The trash" query={failed} />
      ) : isPending ? (
        isLate && <Skeletons />
      ) : shown.length === 0 ? (
        <Blank title="Nothing in the trash." />
      ) : (
        <TrashList
          trashed={shown}
          refusals={refused}
          scroller={scroller}
          selected={selected}
          onSelect={(key) => setSelected(selected.has(key) ? new Set([...selected].filter((one) => one !== key)) : new Set([...selected, key]))}
          bar={chosen.length > 0 && <TrashBar chosen={chosen} onRestore={restoreChosen} onPurge={() => askPurge(true)} onClear={clear} />}
          onRestore={(one) => void restore(one)}
        />
      )}
      <Suspense>
        <DeletedBuckets />
        {isEmptying === "asked" && (
          <ConfirmDialog title="Empty the trash?" verb="Empty trash" onClose={() => setEmptying(null)} onConfirm={() => void empty()}>
            {counted(own.length, "item")} and all their versions are gone for good.{own.length < shown.length && " What others share with you stays."}
          </ConfirmDialog>
        )}
        {isPurging && chosen.length > 0 && (
          <ConfirmDialog title="Delete for good?" verb="Delete for good" onClose={() => askPurge(false)} onConfirm={() => void purge()}>
            {counted(chosen.length, "item")}, {chosen.length === 1 ? "with all its" : "with all their"} versions. This cannot be undone.
          </ConfirmDialog>
        )}
        {renamed && (
          <NameDialog
            title={`${shownName(baseOf(renamed.path))} is already there`}
            lead="Something else has its place now. It can come back under another name."
            verb="Restore"
            value={otherName(renamed)}
            check={nameProblem}
            onClose={() => setRenamed(null)}
            onName={async (name) => {
              const refusal = await restore(renamed, parentOf(renamed.path) + name + (renamed.path.endsWith("/") ? "/" : ""));
              if (refusal === undefined) setRenamed(null);
              return refusal;
            }}
          />
        )}
      </Suspense>
    </View>
  );
}

/** "ridge (2).jpg". */
function otherName({ path }: Trashed): string {
  const name = baseOf(path);
  const dot = path.endsWith("/") ? -1 : name.lastIndexOf(".");
  return dot > 0 ? `${name.slice(0, dot)} (2)${name.slice(dot)}` : `${name} (2)`;
}
