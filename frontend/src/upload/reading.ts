/** Files cut and hashed, a page at a time; runs in a worker. */

import { type Chunking, firstBlock, LARGEST_BLOCK, MIB } from "./cutting";
import type { Sha256 } from "./sha256";

export const ID_BYTES = 32;
const PAGE_BYTES = 16 * MIB;

/** Consecutive blocks: their SHA-256s one after another, and their sizes. */
export interface Blocks {
  ids: Uint8Array<ArrayBuffer>;
  sizes: number[];
}

export interface BlockPage extends Blocks {
  end: number; // where in the file the next page begins
}

/** A small file, read whole; `bytes` null where it cannot be read as it was. */
export interface WholeFile extends Blocks {
  bytes: Uint8Array<ArrayBuffer> | null;
}

/** The file is not the one that was chosen: written to, replaced, or gone. */
export class FileChanged extends Error {}

/** The next blocks of `file` from the boundary `from`, about 16 MiB of them. Raises FileChanged. */
export async function readPage(file: Blob, from: number, chunking: Chunking, sha256: Sha256): Promise<BlockPage> {
  const reserve = chunking === "fixed" ? 0 : LARGEST_BLOCK.fastcdc;
  const end = Math.min(file.size, from + PAGE_BYTES + reserve);
  const bytes = await bytesOf(file.slice(from, end), end - from);
  const page = end === file.size ? bytes.length : bytes.length - reserve;
  const { ids, sizes } = await blocksOf(bytes, page, chunking, sha256);
  return { ids, sizes, end: from + sizes.reduce((sum, size) => sum + size, 0) };
}

export async function readWhole(file: Blob, chunking: Chunking, sha256: Sha256): Promise<WholeFile> {
  try {
    const bytes = await bytesOf(file, file.size);
    return { bytes, ...(await blocksOf(bytes, bytes.length, chunking, sha256)) };
  } catch (error) {
    if (error instanceof FileChanged) return { bytes: null, ids: new Uint8Array(0), sizes: [] };
    throw error;
  }
}

/** Raises FileChanged. */
export async function bytesOf(piece: Blob, size: number): Promise<Uint8Array<ArrayBuffer>> {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = new Uint8Array(await piece.arrayBuffer());
  } catch {
    throw new FileChanged();
  }
  if (bytes.length !== size) throw new FileChanged();
  return bytes;
}

/** The blocks that begin in the first `page` bytes. */
async function blocksOf(bytes: Uint8Array<ArrayBuffer>, page: number, chunking: Chunking, sha256: Sha256): Promise<Blocks> {
  const sizes: number[] = [];
  const hashes: Promise<Uint8Array>[] = [];
  for (let start = 0; start < page; ) {
    const size = firstBlock(bytes.subarray(start), chunking);
    sizes.push(size);
    hashes.push(sha256(bytes.subarray(start, start + size)));
    start += size;
  }
  const ids = new Uint8Array(ID_BYTES * sizes.length);
  (await Promise.all(hashes)).forEach((hash, index) => ids.set(hash, ID_BYTES * index));
  return { ids, sizes };
}
