import { describe, expect, it } from "vitest";
import { jumped, NOTHING, type Selection, selected, type SelectionAct } from "./selection";

const order = ["a", "b", "c", "d", "e"];
const after = (...acts: SelectionAct[]): Selection => acts.reduce(selected, NOTHING);
const keys = (state: Selection): string[] => [...state.keys].sort();

describe("a selection", () => {
  it("is the row that was clicked, and another one after another click", () => {
    expect(keys(after({ act: "only", key: "b" }, { act: "only", key: "d" }))).toEqual(["d"]);
  });

  it("takes rows in and out one by one with Ctrl", () => {
    const state = after({ act: "only", key: "b" }, { act: "toggle", key: "d" }, { act: "toggle", key: "b" });
    expect([keys(state), state.anchor]).toEqual([["d"], "b"]);
  });

  it("extends with Shift from where it began, in both directions", () => {
    const down = after({ act: "only", key: "c" }, { act: "extend", key: "e", order });
    expect(keys(down)).toEqual(["c", "d", "e"]);
    expect(keys(selected(down, { act: "extend", key: "a", order }))).toEqual(["a", "b", "c"]);
  });

  it("extends in the order that is seen, not in that of the click", () => {
    expect(keys(after({ act: "only", key: "a" }, { act: "extend", key: "d", order: ["d", "e", "a", "b"] }))).toEqual(["a", "d", "e"]);
  });

  it("keeps what was selected before where a range is added", () => {
    expect(keys(after({ act: "only", key: "a" }, { act: "toggle", key: "c" }, { act: "extend", key: "d", order, isAdding: true }))).toEqual(["a", "c", "d"]);
  });

  it("of a band is what the band touches, and what was there where that is kept", () => {
    expect(keys(after({ act: "band", keys: ["b", "c"], base: new Set(["e"]) }))).toEqual(["b", "c", "e"]);
  });

  it("loses what vanished, and the keyboard goes to the row that took its place", () => {
    const state = after({ act: "all", order }, { act: "move", key: "c" }, { act: "keep", order: ["a", "d", "e"], before: order });
    expect([keys(state), state.current]).toEqual([["a", "d", "e"], "d"]);
  });

  it("puts the keyboard on the last row where the last ones vanished", () => {
    expect(after({ act: "only", key: "e" }, { act: "keep", order: ["a", "b"], before: order }).current).toBe("b");
  });

  it("stays the very same where nothing vanished, in whatever order the rows are", () => {
    const state = after({ act: "only", key: "c" });
    expect(selected(state, { act: "keep", order: [...order].reverse(), before: order })).toBe(state);
  });

  it("is empty after Esc, and the keyboard stays where it is", () => {
    expect(after({ act: "only", key: "c" }, { act: "clear" })).toEqual({ keys: new Set(), anchor: null, current: "c" });
  });
});

describe("letters", () => {
  const names = ["Drawings", "approach.tif", "apple.txt", "Alps"];

  it("go to the next name that begins so, and around", () => {
    expect([jumped(names, 0, "a"), jumped(names, 1, "a"), jumped(names, 3, "a"), jumped(names, 3, "d")]).toEqual([1, 2, 1, 0]);
  });

  it("that follow each other quickly are one beginning", () => {
    expect([jumped(names, 1, "app"), jumped(names, 1, "appl"), jumped(names, 1, "x")]).toEqual([1, 2, -1]);
  });
});
