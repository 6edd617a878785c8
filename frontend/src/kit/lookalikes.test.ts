import { describe, expect, it } from "vitest";
import { lookalikes } from "./lookalikes";
import { shownParts } from "./names";

const shown = (names: string[]): Record<string, string> =>
  Object.fromEntries([...lookalikes(names)].map(([name, parts]) => [name, shownParts(parts)]));

describe("names that look alike", () => {
  it("say by which normal form they differ", () => {
    expect(shown(["caf\u00e9.txt", "cafe\u0301.txt", "cafe.txt"])).toEqual({
      "caf\u00e9.txt": "caf\u00e9⟨U+00E9⟩.txt",
      "cafe\u0301.txt": "cafe\u0301⟨U+0065 U+0301⟩.txt",
    });
  });

  it("say which letter is of another script, and nothing of those that are the same", () => {
    expect(shown(["paper.pdf", "p\u0430per.pdf"])).toEqual({
      "paper.pdf": "pa⟨U+0061⟩per.pdf",
      "p\u0430per.pdf": "p\u0430⟨U+0430⟩per.pdf",
    });
  });

  it("are none where each name looks like itself only", () => {
    expect(shown(["отчёт.txt", "отчет.txt", "a.txt", "A.txt", "é.txt"])).toEqual({});
  });

  it("are found among very many", () => {
    const many = Array.from({ length: 100_000 }, (_, number) => `file-${number}.txt`);
    expect(Object.keys(shown([...many, "file-7\u2010.txt", "file-7-.txt"]))).toEqual(["file-7\u2010.txt", "file-7-.txt"]);
  });
});
