import { expect, it } from "vitest";
import { decoded } from "./decode";

const bytes = (text: string) => new TextEncoder().encode(text);

it("reads UTF-8, with its mark or without", () => {
  expect(decoded(bytes("Tre Cime – 3 Zinnen ⛰"), false)).toEqual({ text: "Tre Cime – 3 Zinnen ⛰", encoding: "UTF-8" });
  expect(decoded(new Uint8Array([0xef, 0xbb, 0xbf, 0x61]), false)?.text).toBe("a");
});

it("a character cut in half at the end of a part is still UTF-8", () => {
  const cut = bytes("größe ⛰").slice(0, -1);
  expect(decoded(cut, true)).toEqual({ text: "größe ", encoding: "UTF-8" });
  expect(decoded(cut, false)?.encoding).toBe("Latin-1");
});

it("reads Latin-1 where it is not UTF-8", () => {
  expect(decoded(new Uint8Array([0x67, 0x72, 0xf6, 0xdf, 0x65]), false)).toEqual({ text: "größe", encoding: "Latin-1" });
});

it("reads UTF-16 by its mark", () => {
  expect(decoded(new Uint8Array([0xff, 0xfe, 0x61, 0, 0xe9, 0]), false)).toEqual({ text: "aé", encoding: "UTF-16" });
  expect(decoded(new Uint8Array([0xfe, 0xff, 0, 0x61]), false)?.text).toBe("a");
});

it("what has zero bytes is not text", () => expect(decoded(new Uint8Array([0x61, 0, 0x62]), false)).toBeNull());

it("nothing is empty text", () => expect(decoded(new Uint8Array(), false)).toEqual({ text: "", encoding: "UTF-8" }));
