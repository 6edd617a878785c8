/** Tables of characters (CMaps) that documents in Chinese, Japanese and Korean name without holding them. Each is a file of the page, asked for when one names it. */

const FOLDER = "/node_modules/pdfjs-dist/cmaps/";
const ADDRESSES: Readonly<Record<string, string>> = import.meta.glob("/node_modules/pdfjs-dist/cmaps/*.bcmap", { query: "?url", import: "default", eager: true });

/** As pdfjs asks for what it does not hold itself. */
export class Tables {
  /** Throws for what is no table: fonts and programs are not fetched. */
  async fetch({ filename }: { kind: string; filename: string }): Promise<Uint8Array> {
    const address = ADDRESSES[FOLDER + filename];
    if (address === undefined) throw new Error("The page has no such table");
    const answer = await fetch(address);
    if (!answer.ok) throw new Error("The table is not there");
    return new Uint8Array(await answer.arrayBuffer());
  }
}
