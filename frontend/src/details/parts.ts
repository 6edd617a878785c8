/** The map of a file's parts: which only it has, which it shares, which are missing. */

import type { ListedChunkWire } from "@/api/schema";

export const MOST_CELLS = 600;

export type PartState = "own" | "shared" | "missing";

export interface Part {
  index: number;
  size: number;
  id: string;
  state: PartState;
  otherFiles: number;
  isEarlier: boolean; // the version before has it too
}

export interface Cell {
  first: number;
  last: number;
  bytes: number;
  state: PartState; // missing if one is, else what most of them are
  counts: Record<PartState, number>;
}

export const partsOf = (chunks: ListedChunkWire[], earlier: ReadonlySet<string>, wanted: ReadonlySet<string>): Part[] =>
  chunks.map((chunk) => {
    const isEarlier = earlier.has(chunk.id);
    const state = wanted.has(chunk.id) ? "missing" : chunk.other_files > 0 || isEarlier ? "shared" : "own";
    return { index: chunk.index, size: chunk.size, id: chunk.id, state, otherFiles: chunk.other_files, isEarlier };
  });

/** One cell a part; above MOST_CELLS one cell stands for several, all but the last for the same number. */
export function cellsOf(parts: Part[], most = MOST_CELLS): Cell[] {
  const each = Math.max(1, Math.ceil(parts.length / most));
  const cells: Cell[] = [];
  for (let start = 0; start < parts.length; start += each) cells.push(cellOf(parts.slice(start, start + each)));
  return cells;
}

function cellOf(parts: Part[]): Cell {
  const counts: Record<PartState, number> = { own: 0, shared: 0, missing: 0 };
  for (const part of parts) counts[part.state] += 1;
  const state = counts.missing > 0 ? "missing" : counts.own >= counts.shared ? "own" : "shared";
  return { first: parts[0]?.index ?? 0, last: parts.at(-1)?.index ?? 0, bytes: parts.reduce((sum, part) => sum + part.size, 0), state, counts };
}

export interface PartSums {
  counts: Record<PartState, number>;
  ownBytes: number; // each distinct part once
  otherFiles: boolean;
  earlier: boolean;
}

export function sumsOf(parts: Part[]): PartSums {
  const sums: PartSums = { counts: { own: 0, shared: 0, missing: 0 }, ownBytes: 0, otherFiles: false, earlier: false };
  const seen = new Set<string>();
  for (const part of parts) {
    sums.counts[part.state] += 1;
    if (part.state === "own" && !seen.has(part.id)) sums.ownBytes += part.size;
    seen.add(part.id);
    sums.otherFiles ||= part.otherFiles > 0;
    sums.earlier ||= part.isEarlier;
  }
  return sums;
}

/** Which cell a key leads to; undefined if the key is not the map's. */
export function movedCell(key: string, index: number | null, count: number, columns: number): number | undefined {
  const steps: Record<string, number> = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns };
  if (count === 0) return undefined;
  if (key === "Home") return 0;
  if (key === "End") return count - 1;
  const step = steps[key];
  if (step === undefined) return undefined;
  return index === null ? 0 : Math.max(0, Math.min(count - 1, index + step));
}
