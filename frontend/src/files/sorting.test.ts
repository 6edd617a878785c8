import { describe, expect, it } from "vitest";
import type { ListedEntryWire } from "@/api/schema";
import { fileRow, folderRow, type Row } from "./rows";
import { merged, type Order, orderIn, sorted } from "./sorting";

const file = (path: string, more: Partial<ListedEntryWire> = {}): Row =>
  fileRow({
    file_id: path,
    version_id: path,
    path,
    size: 1,
    num_chunks: 1,
    content_hash: null,
    etag: "",
    content_type: "",
    kind: "file",
    executable: false,
    tags: {},
    modified_at: null,
    created_at: "2026-01-01T00:00:00Z",
    verified_at: null,
    deleted_at: null,
    sync_status: "completed",
    sync: null,
    ...more,
  });
const names = (rows: readonly Row[]): string[] => rows.map((row) => row.name);
const by = (column: Order["column"], isDescending = false): Order => ({ column, isDescending });

describe("the order of a list", () => {
  it("has folders first and numbers as numbers", () => {
    const rows = [file("10.txt"), file("9.txt"), file("B.txt"), file("a.txt"), folderRow("z/"), folderRow("Y/")];
    expect(names(sorted(rows, by("name")))).toEqual(["Y", "z", "9.txt", "10.txt", "a.txt", "B.txt"]);
    expect(names(sorted(rows, by("name", true)))).toEqual(["z", "Y", "B.txt", "a.txt", "10.txt", "9.txt"]);
  });

  it("is by size, by time and by what needs somebody, and by name among equals", () => {
    const rows = [
      file("b", { size: 5, created_at: "2026-03-01T00:00:00Z" }),
      file("a", { size: 5, created_at: "2026-02-01T00:00:00Z" }),
      file("c", { size: 1, created_at: "2026-01-01T00:00:00Z", sync_status: "failed" }),
    ];
    expect(names(sorted(rows, by("size", true)))).toEqual(["a", "b", "c"]);
    expect(names(sorted(rows, by("changed", true)))).toEqual(["b", "a", "c"]);
    expect(names(sorted(rows, by("status")))).toEqual(["c", "a", "b"]);
  });

  it("is that of the time of the content where it is known, not of the upload", () => {
    const rows = [file("new", { modified_at: "2020-01-01T00:00:00Z", created_at: "2026-01-01T00:00:00Z" }), file("old", { created_at: "2021-01-01T00:00:00Z" })];
    expect(names(sorted(rows, by("changed")))).toEqual(["new", "old"]);
  });

  it("is the same whether a list came at once or page by page", () => {
    const rows = Array.from({ length: 500 }, (_, index) => file(`f${(index * 7919) % 500}`));
    const pages = Array.from({ length: 5 }, (_, page) => sorted(rows.slice(page * 100, page * 100 + 100), by("name")));
    expect(names(pages.reduce((all, page) => merged(all, page, by("name"))))).toEqual(names(sorted(rows, by("name"))));
  });

  it("stands in the address, and nonsense there is by name", () => {
    expect(orderIn(new URLSearchParams("sort=size&order=desc"))).toEqual(by("size", true));
    expect(orderIn(new URLSearchParams("sort=constructor"))).toEqual(by("name"));
  });
});
