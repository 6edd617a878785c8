/** Reads and hashes beside the page, so that it stays quick. */

import type { Chunking } from "./cutting";
import { type BlockPage, FileChanged, readPage, readWhole, type WholeFile } from "./reading";
import { sha256Of } from "./sha256";

export type Task =
  | { kind: "page"; file: File; from: number; chunking: Chunking; isPlain: boolean }
  | { kind: "whole"; files: File[]; chunking: Chunking; isPlain: boolean };

export type Done = { page: BlockPage } | { files: WholeFile[] } | { failed: "changed" | "fault" };

const ABREAST = 16;
const port = self as unknown as { onmessage: ((event: MessageEvent<Task>) => void) | null; postMessage: (done: Done, moved: Transferable[]) => void };

port.onmessage = ({ data }) => {
  void work(data)
    .catch((error: unknown): Done => ({ failed: error instanceof FileChanged ? "changed" : "fault" }))
    .then((done) => port.postMessage(done, movable(done)));
};

async function work(task: Task): Promise<Done> {
  const sha256 = sha256Of(task.isPlain ? undefined : (crypto as Partial<Crypto>).subtle);
  if (task.kind === "page") return { page: await readPage(task.file, task.from, task.chunking, sha256) };
  const files: WholeFile[] = [];
  for (let first = 0; first < task.files.length; first += ABREAST) {
    files.push(...(await Promise.all(task.files.slice(first, first + ABREAST).map((file) => readWhole(file, task.chunking, sha256)))));
  }
  return { files };
}

const movable = (done: Done): Transferable[] =>
  "files" in done ? done.files.flatMap(({ ids, bytes }) => (bytes ? [ids.buffer, bytes.buffer] : [ids.buffer])) : "page" in done ? [done.page.ids.buffer] : [];
