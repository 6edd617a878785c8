/** Text of unknown encoding: UTF-8 where it is, else by its mark, else Latin-1 as browsers read it (Encoding Standard, windows-1252). */

export interface Decoded {
  text: string;
  encoding: "UTF-8" | "UTF-16" | "Latin-1";
}

/** null: it is not text. `isCut`: more follows, so that the last character may be half. */
export function decoded(bytes: Uint8Array, isCut: boolean): Decoded | null {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return { text: read("utf-16le", bytes), encoding: "UTF-16" };
  if (first === 0xfe && second === 0xff) return { text: read("utf-16be", bytes), encoding: "UTF-16" };
  if (bytes.includes(0)) return null;
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: isCut }), encoding: "UTF-8" };
  } catch {
    return { text: read("windows-1252", bytes), encoding: "Latin-1" };
  }
}

const read = (encoding: string, bytes: Uint8Array): string => new TextDecoder(encoding).decode(bytes);
