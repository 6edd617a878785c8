/** Where files are cut into blocks: exactly as the server and the command line cut them (chunker/cutting.py), so that equal parts are found. */

import { GEAR_HIGH, GEAR_LOW } from "./gear";

export type Chunking = "fixed" | "fastcdc";

export const MIB = 1024 * 1024;
export const LARGEST_BLOCK = { fixed: MIB, fastcdc: 4 * MIB } as const;

const LEAST = MIB / 4;
const AVERAGE = MIB;
// Normalization level 2 around 1 MiB; no bit above the 48th is looked at.
const BEFORE_AVERAGE = { high: 0x0000d937, low: 0x67537000 };
const AFTER_AVERAGE = { high: 0x0000d907, low: 0x07537000 };
const SEEN_BYTES = 48;

/** The size of the first block of `bytes`, which hold at least one block of the largest size or reach to the file's end. */
export const firstBlock = (bytes: Uint8Array, chunking: Chunking): number =>
  chunking === "fixed" ? Math.min(bytes.length, MIB) : firstByContent(bytes);

function firstByContent(bytes: Uint8Array): number {
  if (bytes.length <= LEAST) return bytes.length;
  const end = Math.min(bytes.length, LARGEST_BLOCK.fastcdc);
  // The kernel goes by pairs of bytes: an odd last one is not looked at.
  const middle = Math.min(AVERAGE, end) & ~1;
  const found = seek(bytes, LEAST, middle, 0, BEFORE_AVERAGE);
  if (found.cut !== null) return found.cut;
  return seek(bytes, middle, end & ~1, found.low, AFTER_AVERAGE).cut ?? end;
}

/** Only the lower half of the rolling sum runs along: where its bits fit, once in some thousand bytes, the upper half is worked out. */
function seek(bytes: Uint8Array, from: number, to: number, start: number, mask: { high: number; low: number }): { cut: number | null; low: number } {
  const gear = GEAR_LOW;
  const wanted = mask.low;
  let low = start;
  for (let index = from; index < to; index += 1) {
    low = ((low << 1) + (gear[bytes[index] as number] as number)) | 0;
    if ((low & wanted) === 0 && (upperHalf(bytes, index) & mask.high) === 0) return { cut: index, low };
  }
  return { cut: null, low };
}

/** Bits 32 to 47 depend on the last 48 bytes since the least size. */
function upperHalf(bytes: Uint8Array, last: number): number {
  let [high, low] = [0, 0];
  for (let index = Math.max(LEAST, last - SEEN_BYTES + 1); index <= last; index += 1) {
    const byte = bytes[index] as number;
    const sum = ((low << 1) >>> 0) + (GEAR_LOW[byte] as number);
    high = ((high << 1) | (low >>> 31)) + (GEAR_HIGH[byte] as number) + (sum > 0xffffffff ? 1 : 0);
    low = sum >>> 0;
  }
  return high;
}
