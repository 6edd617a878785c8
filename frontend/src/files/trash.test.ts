import { describe, expect, it } from "vitest";
import type { BucketWire, FileWire } from "@/api/schema";
import { byNewest, daysLeft, trashedIn } from "./trash";

const BUCKET = { id: "b", trash_days: 30 } as BucketWire;
const [EARLIER, LATER] = ["2026-11-01T10:00:00.000001Z", "2026-11-02T10:00:00Z"];
const gone = (path: string, deleted_at: string): FileWire => ({ file_id: path, path, deleted_at }) as FileWire;
const shown = (files: FileWire[]): [string, number][] => trashedIn(BUCKET, files).map((one) => [one.path, one.files.length]);

describe("the trash", () => {
  it("shows a folder that was deleted as one, with all in it", () => {
    const files = [gone("a/x.txt", LATER), gone("a/", LATER), gone("a/b/", LATER), gone("a/b/y.txt", LATER), gone("z.txt", LATER)];
    expect(shown(files)).toEqual([["a/", 4], ["z.txt", 1]]);
  });

  it("shows by itself what was deleted before its folder was", () => {
    expect(shown([gone("a/", LATER), gone("a/x.txt", LATER), gone("a/old.txt", EARLIER)])).toEqual([["a/", 2], ["a/old.txt", 1]]);
  });

  it("shows files of a folder that nobody made each by itself", () => {
    expect(shown([gone("a/x.txt", LATER), gone("a/y.txt", LATER)])).toEqual([["a/x.txt", 1], ["a/y.txt", 1]]);
  });

  it("has what was deleted last first, and says how long it is kept", () => {
    const [first, second] = trashedIn(BUCKET, [gone("a", EARLIER), gone("b", LATER)]).sort(byNewest);
    expect([first?.path, second?.path]).toEqual(["b", "a"]);
    expect(first && daysLeft(first, new Date("2026-11-22T10:00:01Z"))).toBe(10);
    expect(first && daysLeft(first, new Date("2027-11-22T10:00:01Z"))).toBe(0);
  });
});
