import { sha256 as inScript } from "@noble/hashes/sha2.js";

export type Sha256 = (bytes: Uint8Array<ArrayBuffer>) => Promise<Uint8Array>;

/** The browser's own where it lends it to the page, which it does not on plain http; else one in script. */
export const sha256Of = (subtle: SubtleCrypto | undefined): Sha256 =>
  subtle ? async (bytes) => new Uint8Array(await subtle.digest("SHA-256", bytes)) : (bytes) => Promise.resolve(inScript(bytes));

export const hexOf = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
