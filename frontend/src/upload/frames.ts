/** Blocks in one body (`application/vnd.cairn.blocks`: 32-byte id, 4-byte big-endian length, bytes), and how such a body is sent. */

import { ApiProblem, type ProblemDocument } from "@/api/problems";
import { FileChanged, ID_BYTES } from "./reading";

export const FRAMED = "application/vnd.cairn.blocks";
const HEAD_BYTES = ID_BYTES + 4;
const SILENT_MILLISECONDS = 60_000;

export interface Block {
  id: string;
  size: number;
  bytes: Blob | Uint8Array<ArrayBuffer>; // a slice of the file is read by the browser while it is sent, and never held here
}

export const frameOf = (blocks: Block[]): Blob => new Blob(blocks.flatMap((block) => [headOf(block), block.bytes]), { type: FRAMED });

function headOf({ id, size }: Block): Uint8Array<ArrayBuffer> {
  const head = new Uint8Array(HEAD_BYTES);
  for (let index = 0; index < ID_BYTES; index += 1) head[index] = Number.parseInt(id.slice(2 * index, 2 * index + 2), 16);
  new DataView(head.buffer).setUint32(ID_BYTES, size);
  return head;
}

interface Sent {
  results: { id: string; status: string; problem?: ProblemDocument | null }[];
}

/**
 * Send a frame; `moved` hears of bytes on their way, which `fetch` does not tell. Raises FileChanged where the server finds
 * other bytes than were hashed, ApiProblem and AbortError.
 */
export async function sendFrame(upload: string, frame: Blob, signal: AbortSignal, moved: (bytes: number) => void): Promise<void> {
  const { results } = (await posted(`/api/v1/uploads/${upload}/chunks`, frame, signal, moved)) as Sent;
  const refused = results.find(({ status }) => status === "refused")?.problem;
  if (refused?.type.endsWith(":block-corrupt")) throw new FileChanged();
  if (refused) throw new ApiProblem(refused);
}

function posted(address: string, body: Blob, signal: AbortSignal, moved: (bytes: number) => void): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let told = 0;
    let watch: ReturnType<typeof setTimeout>;
    const stop = (): void => request.abort();
    const isAlive = (): void => {
      clearTimeout(watch);
      watch = setTimeout(stop, SILENT_MILLISECONDS);
    };
    request.upload.onprogress = ({ loaded }) => {
      isAlive();
      moved(loaded - told);
      told = loaded;
    };
    request.onloadend = () => {
      clearTimeout(watch);
      signal.removeEventListener("abort", stop);
      if (signal.aborted) reject(signal.reason as Error);
      else if (request.status === 200) resolve(JSON.parse(request.responseText));
      else reject(problemOf(request));
    };
    request.open("POST", address);
    request.setRequestHeader("Content-Type", FRAMED);
    signal.addEventListener("abort", stop);
    isAlive();
    request.send(body);
  });
}

function problemOf(request: XMLHttpRequest): ApiProblem {
  if (request.status === 0) return new ApiProblem({ status: 0, type: "urn:cairn:problem:unreachable", title: "The server cannot be reached" });
  const after = request.getResponseHeader("Retry-After");
  const seconds = after === null ? Number.NaN : Number(after);
  return new ApiProblem(documentOf(request), Number.isFinite(seconds) ? seconds : null);
}

function documentOf(request: XMLHttpRequest): ProblemDocument {
  try {
    return JSON.parse(request.responseText) as ProblemDocument;
  } catch {
    return { status: request.status, type: "urn:cairn:problem:unknown", title: "The server answers what this page does not understand" };
  }
}
