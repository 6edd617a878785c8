import { describe, expect, it } from "vitest";
import type { ChangeWire } from "@/api/schema";
import { hintOf } from "./hints";
import { Journals, type JournalPage } from "./journals";
import { messagesOf } from "./messages";
import { waitAfter } from "./stream";
import { Stale } from "./touched";

const change = (sequence: number, kind: string, path: string | null, more: Partial<ChangeWire> = {}): ChangeWire => ({
  sequence,
  event_id: `e${sequence}`,
  kind,
  bucket_id: "b",
  file_id: `f${sequence}`,
  version_id: null,
  previous_version: null,
  path,
  old_path: null,
  group: null,
  actor: "u",
  device: null,
  at: "2026-11-21T14:02:00Z",
  ...more,
});

/** A journal with these changes, two a page; what was asked for is noted. */
function journal(changes: ChangeWire[], asked: number[] = []) {
  return (_bucket: string | null, after: number): Promise<JournalPage | null> => {
    asked.push(after);
    const rest = changes.filter((one) => one.sequence > after);
    const items = rest.slice(0, 2);
    return Promise.resolve({ items, sequence: items.at(-1)?.sequence ?? changes.at(-1)?.sequence ?? 0, more: rest.length > 2 });
  };
}

const all = (sequence: number) => ({ kind: "all", sequences: { root: 0, buckets: new Map([["b", sequence]]) } }) as const;

describe("journals", () => {
  it("are read from where they were left, page by page, and no further than told", async () => {
    const journals = new Journals();
    journals.hear(all(2));
    journals.hear({ kind: "journal", bucket: "b", sequence: 5 });
    const asked: number[] = [];
    const changes = [1, 2, 3, 4, 5].map((sequence) => change(sequence, "file.created", `${sequence}.txt`));
    const news = await journals.catchUp(journal(changes, asked));
    expect(news.changes.map((one) => one.sequence)).toEqual([3, 4, 5]);
    expect(asked).toEqual([2, 4]);
    expect((await journals.catchUp(journal(changes, asked))).changes).toEqual([]);
    expect(asked).toEqual([2, 4]);
  });

  it("tell after a new stream what nobody has hinted at meanwhile, and that checks may have moved", async () => {
    const journals = new Journals();
    journals.hear(all(2));
    await journals.catchUp(journal([]));
    journals.hear(all(4));
    const news = await journals.catchUp(journal([3, 4].map((sequence) => change(sequence, "file.deleted", "a"))));
    expect(news.changes.map((one) => one.sequence)).toEqual([3, 4]);
    expect(news.checks).toBe("any");
  });

  it("are read from what the page was loaded with, if that is older", async () => {
    const journals = new Journals();
    journals.loadedAt("b", 1);
    journals.hear(all(2));
    expect((await journals.catchUp(journal([change(1, "file.created", "a"), change(2, "file.created", "b")]))).changes.map((one) => one.path)).toEqual(["b"]);
  });

  it("lose nothing when reading fails", async () => {
    const journals = new Journals();
    journals.hear(all(0));
    journals.hear({ kind: "journal", bucket: "b", sequence: 1 });
    journals.hear({ kind: "event", bucket: "b", file: "f9" });
    await expect(journals.catchUp(() => Promise.reject(new Error("away")))).rejects.toThrow("away");
    const news = await journals.catchUp(journal([change(1, "file.created", "a")]));
    expect([news.changes.length, news.checks === "any" ? 0 : news.checks.size]).toEqual([1, 1]);
  });

  it("that do not reach back so far make all of the bucket old", async () => {
    const journals = new Journals();
    journals.hear(all(1));
    journals.hear({ kind: "journal", bucket: "b", sequence: 3 });
    const news = await journals.catchUp(() => Promise.resolve(null));
    expect([...news.whole]).toEqual(["b"]);
    journals.hear({ kind: "journal", bucket: "b", sequence: 99_999 });
    expect([...(await journals.catchUp(journal([]))).whole]).toEqual(["b"]);
  });
});

describe("what is old", () => {
  const names = (bucket: string): string[] => (bucket === "b" ? ["b", "studio"] : [bucket]);
  const stale = (changes: ChangeWire[], checks = new Map<string, { bucket: string; file: string }>()) =>
    new Stale({ changes, whole: new Set(), everything: false, checks }, names);
  const never = (): boolean => false;

  it("is the list of each folder above, under the bucket's id and its name, and no other list", () => {
    const found = stale([change(1, "file.moved", "a/b/new.txt", { old_path: "c/old.txt" })]);
    for (const folder of ["", "a/", "a/b/", "c/"]) for (const bucket of ["b", "studio"]) expect(found.has(["bucket", bucket, "files", folder], never), folder).toBe(true);
    expect(found.has(["bucket", "studio", "files", "a/c/"], never)).toBe(false);
    expect(found.has(["bucket", "other", "files", ""], never)).toBe(false);
    expect(found.has(["bucket", "b", "trash"], never)).toBe(false);
  });

  it("is the file, its versions, what counts files, and the dashboard", () => {
    const found = stale([change(1, "file.deleted", "a.txt")]);
    for (const key of [["bucket", "b", "file", "f1"], ["bucket", "b", "file", "f1", "versions"], ["bucket", "b", "trash"], ["buckets"], ["usage"], ["stats"], ["search", "q"], ["sync", "summary"]]) {
      expect(found.has(key, never), key.join()).toBe(true);
    }
    expect(found.has(["bucket", "b", "file", "f2"], never)).toBe(false);
    expect(found.has(["me"], never)).toBe(false);
  });

  it("is, when only a check has moved, what shows that very file", () => {
    const found = stale([], new Map([["f7", { bucket: "b", file: "f7" }]]));
    expect(found.has(["bucket", "studio", "files", "x/"], (file) => file === "f7")).toBe(true);
    expect(found.has(["bucket", "studio", "files", "x/"], never)).toBe(false);
    expect(found.has(["bucket", "studio", "file", "f7"], never)).toBe(true);
    expect(found.has(["usage"], never)).toBe(false);
  });

  it("is all of a bucket that has changed itself", () => {
    const found = stale([change(1, "bucket.updated", null, { file_id: null })]);
    expect(found.has(["buckets"], never)).toBe(true);
    expect(found.has(["bucket", "studio", "files", "deep/"], never)).toBe(true);
  });
});

describe("the stream", () => {
  const body = (...pieces: string[]): ReadableStream<Uint8Array> =>
    new ReadableStream({
      start(controller) {
        for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
        controller.close();
      },
    });

  it("gives each message whole, however it was cut, and no comments", async () => {
    const found: string[] = [];
    for await (const text of messagesOf(body("retry: 2000\nda", 'ta: {"root_sequence":1,"buckets":[]}\n', "\n:\n\ndata: one\ndata: two\n\ndata: lost"))) found.push(text);
    expect(found).toEqual(['{"root_sequence":1,"buckets":[]}', "one\ntwo"]);
  });

  it("is read as hints, and what is not known is left out", () => {
    expect(hintOf('{"root_sequence":4,"buckets":[{"bucket_id":"b","sequence":7}]}')).toEqual({ kind: "all", sequences: { root: 4, buckets: new Map([["b", 7]]) } });
    expect(hintOf('{"bucket_id":"b","sequence":8}')).toEqual({ kind: "journal", bucket: "b", sequence: 8 });
    expect(hintOf('{"event_id":"e","status":"failed","bucket_id":"b","file_id":"f"}')).toEqual({ kind: "event", bucket: "b", file: "f" });
    expect([hintOf('{"look_again":true}')?.kind, hintOf('{"root_sequence":5}')?.kind, hintOf("{}"), hintOf("<"), hintOf("3")]).toEqual(["look-again", "root", null, null, null]);
  });

  it("comes back sooner at first, and never all pages together", () => {
    const [low, high] = [() => 0, () => 0.999];
    expect([waitAfter(0, low), waitAfter(3, low)]).toEqual([250, 2000]);
    expect(waitAfter(0, high)).toBeGreaterThan(700);
    expect(waitAfter(99, high)).toBeLessThan(7500);
  });
});
