import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { isCalled } from "@/addresses";
import { bucketChanged, bucketsQuery, keys } from "@/api/queries";
import type { BucketWire } from "@/api/schema";
import { acting, showToast, type Toast } from "@/kit/toast";
import { counted } from "@/kit/format";
import { baseOf, parentOf } from "@/kit/names";
import { copiesBetween, movesBetween } from "./carrying";
import { commit, deletion, type Done, inverse, moving, type Planned, tagging } from "./commits";
import { lay, type Patch, refuse } from "./patches";
import { refusalsOf } from "./refusals";
import { fileRow, type FileRow, folderRow, type Row } from "./rows";
import { changedTags, type TagChange, tagWord } from "./tagging";
import { takeBack } from "./undo";

export interface Target {
  bucket: BucketWire;
  prefix: string;
}

export type Actions = ReturnType<typeof actionsOf>;

/** What one does to files: done at once on the screen, undone by the toast; where the server refuses, the row returns and says why. */
export function useActions(bucket: BucketWire): Actions {
  const client = useQueryClient();
  return useMemo(() => actionsOf(client, bucket), [client, bucket]);
}

export function actionsOf(client: QueryClient, bucket: BucketWire) {
  const from = bucket.id;

  async function told(...ids: string[]): Promise<void> {
    const lists = [...new Set(ids)].map((id) => bucketChanged(client, id));
    await Promise.all([...lists, client.invalidateQueries({ queryKey: keys.buckets }), client.invalidateQueries({ queryKey: keys.usage })]);
  }

  async function undo(done: readonly Done[]): Promise<void> {
    await takeBack(done);
    await told(from, ...done.map((part) => inverse(part).bucket));
  }

  /** False where it was refused. */
  const act = (...what: Parameters<typeof carryOut>): Promise<boolean> => acting(carryOut(...what));

  async function carryOut(verb: string, rows: readonly Row[], patches: Patch[], plan: () => Promise<Planned[]> | Planned[], toast: Toast, where = from): Promise<boolean> {
    const lift = lay(patches);
    const touched = [from, where];
    try {
      const done = await commit(where, await plan());
      showToast({ ...toast, undo: () => undo(done) });
      for (const part of done) touched.push(inverse(part).bucket);
      return true;
    } catch (error) {
      lift();
      refuse(refusalsOf(error, verb, rows));
      return false;
    } finally {
      void told(...touched).finally(lift);
    }
  }

  const gone = (rows: readonly Row[]): Patch[] =>
    [...Map.groupBy(rows, (row) => parentOf(row.path))].map(([prefix, of]) => ({ bucket: from, prefix, without: keysOf(of), plus: [] }));

  return {
    rename(row: Row, name: string): Promise<boolean> {
      const prefix = parentOf(row.path);
      const to = row.kind === "folder" ? `${prefix}${name}/` : prefix + name;
      const patch = { bucket: from, prefix, without: keysOf([row]), plus: [at(row, to)] };
      return act("rename", [row], [patch], () => [moving(row, to)], { text: "Renamed to", name });
    },

    remove: (rows: readonly Row[]): Promise<boolean> =>
      act("delete", rows, gone(rows), () => rows.map(deletion), { text: `Deleted ${countedRows(rows)}` }),

    move(rows: readonly Row[], { bucket: into, prefix }: Target): Promise<boolean> {
      const moved = rows.map((row) => at(row, prefix + row.name + (row.kind === "folder" ? "/" : "")));
      const arrived = { bucket: into.id, prefix, without: NONE, plus: moved };
      const isNear = into.id === from;
      const plan = (): Planned[] | Promise<Planned[]> =>
        isNear ? rows.map((row, index) => moving(row, moved[index]?.path ?? "")) : movesBetween(from, rows, into.id, prefix);
      const toast = { text: `Moved ${countedRows(rows)} to`, name: nameOf(into, prefix) };
      return act("move", rows, isNear ? [...gone(rows), arrived] : gone(rows), plan, toast);
    },

    copy(rows: readonly Row[], { bucket: into, prefix }: Target): Promise<boolean> {
      const toast = { text: `Copied ${countedRows(rows)} to`, name: nameOf(into, prefix) };
      return act("copy", rows, [], () => copiesBetween(from, rows, prefix), toast, into.id);
    },

    /** Rows, perhaps of another bucket, were put into a folder of the bucket called `to`. */
    dropped(carried: { bucket: BucketWire; rows: readonly Row[] }, to: string, prefix: string, isCopy: boolean): Promise<boolean> {
      const into = client.getQueryData(bucketsQuery.queryKey)?.find((one) => isCalled(one, to));
      if (!into) return Promise.resolve(false);
      const actions = actionsOf(client, carried.bucket);
      return isCopy ? actions.copy(carried.rows, { bucket: into, prefix }) : actions.move(carried.rows, { bucket: into, prefix });
    },

    /** Those that have the tag already, or do not have what is taken away, stay as they are. */
    tag(rows: readonly FileRow[], change: TagChange): Promise<boolean> {
      const tagged = rows.flatMap((row) => {
        const tags = changedTags(row, change);
        return tags ? [{ row, tags }] : [];
      });
      if (tagged.length === 0) return Promise.resolve(true);
      const plus = tagged.map(({ row, tags }) => ({ ...row, entry: { ...row.entry, tags } }));
      const patches = [...Map.groupBy(plus, (row) => parentOf(row.path))].map(([prefix, of]) => ({ bucket: from, prefix, without: NONE, plus: of }));
      const name = "put" in change ? tagWord(...change.put) : change.drop;
      const text = "put" in change ? `Tagged ${countedRows(plus)}:` : `Took the tag away from ${countedRows(plus)}:`;
      return act("tag", plus, patches, () => tagged.map(({ row, tags }) => tagging(row, tags)), { text, name });
    },

    makeFolder(prefix: string, name: string): Promise<boolean> {
      const row = folderRow(`${prefix}${name}/`);
      const patch = { bucket: from, prefix, without: NONE, plus: [row] };
      return act("make", [row], [patch], () => [{ operation: { op: "folder", path: row.path }, path: "" }], { text: "New folder", name });
    },
  };
}

const NONE: ReadonlySet<string> = new Set();

const keysOf = (rows: readonly Row[]): ReadonlySet<string> => new Set(rows.map((row) => row.key));

const at = (row: Row, path: string): Row => (row.kind === "folder" ? folderRow(path, row.facts) : fileRow({ ...row.entry, path }));

const nameOf = (bucket: BucketWire, prefix: string): string => (prefix === "" ? bucket.title || bucket.name : baseOf(prefix));

/** "3 files", "1 folder", and "4 items" where there are both. */
export function countedRows(rows: readonly Row[]): string {
  const folders = rows.filter((row) => row.kind === "folder").length;
  if (folders === 0) return counted(rows.length, "file");
  return folders === rows.length ? counted(folders, "folder") : counted(rows.length, "item");
}
