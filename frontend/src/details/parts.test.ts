import { describe, expect, it } from "vitest";
import { cellsOf, movedCell, type Part, type PartState, partsOf, sumsOf } from "./parts";

const part = (index: number, state: PartState = "own", id = `${index}`): Part => ({ index, size: 10, id, state, otherFiles: state === "shared" ? 1 : 0, isEarlier: false });
const many = (count: number): Part[] => Array.from({ length: count }, (_, index) => part(index));

describe("cells", () => {
  it("stand for one part each up to 600", () => {
    const cells = cellsOf(many(600));
    expect(cells).toHaveLength(600);
    expect(cells[599]).toEqual({ first: 599, last: 599, bytes: 10, state: "own", counts: { own: 1, shared: 0, missing: 0 } });
  });

  it("stand for several above it, and none is lost", () => {
    for (const count of [601, 1200, 1201, 9999]) {
      const cells = cellsOf(many(count));
      expect(cells.length).toBeLessThanOrEqual(600);
      expect(cells.reduce((sum, cell) => sum + cell.counts.own, 0)).toBe(count);
      expect(cells.at(-1)?.last).toBe(count - 1);
      cells.slice(1).forEach((cell, index) => expect(cell.first).toBe((cells[index]?.last ?? 0) + 1));
    }
  });

  it("are missing if one of their parts is", () => {
    const parts = many(1200);
    parts[1] = part(1, "missing");
    expect(cellsOf(parts)[0]).toMatchObject({ state: "missing", counts: { own: 1, missing: 1 } });
  });

  it("are what most of their parts are", () => {
    const parts = [part(0, "shared"), part(1, "shared"), part(2), part(3)];
    expect(cellsOf(parts, 2).map((cell) => cell.state)).toEqual(["shared", "own"]);
  });

  it("of nothing there are none", () => expect(cellsOf([])).toEqual([]));
});

it("a part is shared if another file or the version before has it, and missing above all", () => {
  const chunk = (id: string, other_files: number) => ({ index: 0, offset: 0, size: 1, id, verified_at: null, other_files });
  const parts = partsOf([chunk("a", 0), chunk("b", 2), chunk("c", 0), chunk("d", 1)], new Set(["c"]), new Set(["d"]));
  expect(parts.map((one) => one.state)).toEqual(["own", "shared", "shared", "missing"]);
});

it("what a version took counts a part that it has twice once", () => {
  const sums = sumsOf([part(0, "own", "a"), part(1, "own", "a"), part(2, "shared", "b")]);
  expect(sums).toEqual({ counts: { own: 2, shared: 1, missing: 0 }, ownBytes: 10, otherFiles: true, earlier: false });
});

it("arrows move by cell and by row, and stay inside", () => {
  expect(movedCell("ArrowRight", null, 50, 20)).toBe(0);
  expect(movedCell("ArrowDown", 5, 50, 20)).toBe(25);
  expect(movedCell("ArrowDown", 45, 50, 20)).toBe(49);
  expect(movedCell("ArrowUp", 5, 50, 20)).toBe(0);
  expect(movedCell("End", 0, 50, 20)).toBe(49);
  expect(movedCell("a", 0, 50, 20)).toBeUndefined();
  expect(movedCell("Home", null, 0, 20)).toBeUndefined();
});
