import { describe, expect, it } from "vitest";
import type { ChangeWire } from "@/api/schema";
import { touchedBy } from "./catching_up";

const change = (file: string | null, path: string | null, old: string | null = null): ChangeWire => ({
  sequence: 1,
  event_id: "e",
  kind: "file.moved",
  bucket_id: "b",
  file_id: file,
  version_id: null,
  previous_version: null,
  path,
  old_path: old,
  group: null,
  actor: "u",
  device: null,
  at: "2026-11-21T14:02:00Z",
});

const touched = (prefix: string, ...changes: ChangeWire[]) => {
  const { files, folders } = touchedBy(changes, prefix);
  return [[...files], [...folders]];
};

describe("what changes have touched in a list", () => {
  it("are the files directly in its folder, and the folders on the way to those below", () => {
    expect(touched("", change("f1", "a.txt"), change("f2", "x/y/b.txt"), change("f3", "x/"))).toEqual([["f1"], ["x/"]]);
    expect(touched("x/", change("f1", "a.txt"), change("f2", "x/y/b.txt"), change("f3", "x/b.txt"), change("f4", "xy/b.txt"))).toEqual([["f3"], ["x/y/"]]);
  });

  it("are both ends of a move, and the folder's own marker", () => {
    expect(touched("x/", change("f1", "a.txt", "x/a.txt"), change("f2", "x/new/b.txt", "x/b.txt"), change("f3", "x/"))).toEqual([["f1", "f2", "f3"], ["x/new/"]]);
  });

  it("are none of what is said of the bucket itself", () => {
    expect(touched("", change(null, null), change(null, "a.txt"))).toEqual([[], []]);
  });
});
