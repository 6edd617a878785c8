import { describe, expect, it } from "vitest";
import { baseOf, nameParts, parentOf, shownName } from "./names";

describe("names", () => {
  it("mark what turns text around", () => {
    expect(nameParts("invoice-\u202efdp.exe")).toEqual([
      { kind: "text", text: "invoice-" },
      { kind: "mark", code: "U+202E" },
      { kind: "text", text: "fdp.exe" },
    ]);
  });

  it("mark spaces at the ends, line breaks, and half a character", () => {
    expect(shownName(" a\nb \ud800")).toBe("⟨U+0020⟩a⟨U+000A⟩b ⟨U+D800⟩");
  });

  it("leave markup, emoji and other scripts as they are", () => {
    for (const name of ['<img src=x onerror="alert(1)">.html', "👩‍👩‍👧.jpg", "عقود ومراسلات", "क्‍ष"]) expect(shownName(name)).toBe(name);
  });

  it("know their folder", () => {
    expect([parentOf("a/b/c.txt"), parentOf("a/b/"), parentOf("c.txt")]).toEqual(["a/b/", "a/", ""]);
    expect([baseOf("a/b/c.txt"), baseOf("a/b/"), baseOf("c.txt")]).toEqual(["c.txt", "b", "c.txt"]);
  });
});
