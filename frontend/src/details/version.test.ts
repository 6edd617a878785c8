import { expect, it } from "vitest";
import type { FileWire } from "@/api/schema";
import { byWhom, isDeletion, sizeChange } from "./version";

const version = (size: number, more: Partial<FileWire> = {}) => ({ size, content_hash: "a".repeat(64), etag: "e", actor: "me", device: "d", ...more }) as FileWire;
const deletion = version(0, { content_hash: null, etag: "" });

it("a deletion has no content; an empty file has", () => {
  expect([isDeletion(deletion), isDeletion(version(0))]).toEqual([true, false]);
});

it("says what changed in size", () => {
  expect(sizeChange(version(3_000_000), version(1_000_000))).toBe("2.0 MB larger");
  expect(sizeChange(version(10), version(12))).toBe("2 bytes smaller");
  expect([sizeChange(version(1), version(1)), sizeChange(version(1), undefined), sizeChange(version(1), deletion)]).toEqual(["", "", ""]);
});

it("says who, and on which device", () => {
  const devices = new Map([["d", "workshop-pc"]]);
  expect(byWhom(version(1), devices, "me")).toBe("workshop-pc · you");
  expect(byWhom(version(1, { device: "gone", actor: "other" }), devices, "me")).toBe("another device · someone else");
  expect(byWhom(version(1, { device: null }), devices, "me")).toBe("you");
});
