// @vitest-environment node
import { shake256 } from "@noble/hashes/sha3.js";
import { expect, it } from "vitest";
import { firstBlock, MIB } from "./cutting";
import { readPage } from "./reading";
import { hexOf, sha256Of } from "./sha256";

const sizesOf = (bytes: Uint8Array): number[] => {
  const sizes: number[] = [];
  for (let rest = bytes; rest.length; rest = rest.subarray(sizes.at(-1))) sizes.push(firstBlock(rest, "fastcdc"));
  return sizes;
};

const noise = shake256(new TextEncoder().encode("golden noise"), { dkLen: 16 * MIB });

// The same numbers as in tests/chunker/golden_boundaries.py: a change breaks the format.
it("cuts noise where the server cuts it", () => {
  expect(sizesOf(noise)).toEqual([
    1_408_919, 1_133_340, 271_969, 338_807, 1_674_881, 1_516_532, 1_080_105, 1_055_326, 1_430_773, 1_119_912, 323_931, 1_210_528, 1_585_840,
    1_285_352, 1_341_001,
  ]);
});

it("cuts a log where the server cuts it", () => {
  const lines = Array.from({ length: 250_000 }, (_, i) => `2026-01-${String(Math.floor(i / 20_000) + 1).padStart(2, "0")} line ${i} of user ${(i * i) % 977}\n`);
  const log = new TextEncoder().encode(lines.join(""));
  expect(sizesOf(log)).toEqual([317_567, 844_893, 1_072_415, 1_123_007, 1_219_980, 1_369_058, 1_199_055, 1_186_821, 275_908]);
});

it("cuts zeros, the least block, and the least block and a byte as the server does", () => {
  expect(sizesOf(new Uint8Array(9 * MIB))).toEqual([4 * MIB, 4 * MIB, MIB]);
  expect(sizesOf(noise.subarray(0, MIB / 4))).toEqual([MIB / 4]);
  expect(sizesOf(noise.subarray(0, MIB / 4 + 1))).toEqual([MIB / 4 + 1]);
});

it.each(["browser", "script"] as const)("reads pages that end at boundaries, with the %s's digests", async (whose) => {
  const sha256 = sha256Of(whose === "browser" ? crypto.subtle : undefined);
  const bytes = new Uint8Array(24 * MIB);
  bytes.set(noise);
  bytes.set(noise.subarray(0, 8 * MIB), 16 * MIB);
  const file = new Blob([bytes]);
  const sizes: number[] = [];
  const ids: string[] = [];
  for (let from = 0; from < file.size; ) {
    const page = await readPage(file, from, "fastcdc", sha256);
    sizes.push(...page.sizes);
    ids.push(hexOf(page.ids.subarray(0, 32)));
    from = page.end;
  }
  expect(sizes).toEqual(sizesOf(bytes));
  expect(ids[0]).toBe(hexOf(new Uint8Array(await crypto.subtle.digest("SHA-256", noise.slice(0, 1_408_919)))));
});
