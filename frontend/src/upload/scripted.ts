/** For tests: a server that keeps what it is sent, and refuses what a test tells it to. */

import type { ProblemDocument } from "@/api/problems";
import { ID_BYTES } from "./reading";
import { hexOf, sha256Of } from "./sha256";

interface Chunk {
  id: string;
  size: number;
}

interface Answer {
  status: number;
  document: unknown;
  retryAfter?: number;
}

const sha256 = sha256Of(crypto.subtle);

export const problem = (status: number, slug: string, more: object = {}): Answer & { document: ProblemDocument } => ({
  status,
  document: { type: `urn:cairn:problem:${slug}`, title: slug, status, ...more },
});

export class ScriptedServer {
  readonly blocks = new Set<string>();
  readonly committed: string[] = [];
  readonly asked: string[] = [];
  readonly listed: object[] = [];
  wanted: object[] = [];
  sentBlocks = 0;
  inFlight = { requests: 0, bytes: 0 };
  most = { requests: 0, bytes: 0 };
  private readonly plans = new Map<string, Chunk[]>();
  private readonly refusals: { of: RegExp; answer: () => Answer }[] = [];

  /** The next call that fits `of` ("POST /uploads$") gets this answer. */
  refuse(of: RegExp, answer: Answer | (() => Answer)): void {
    this.refusals.push({ of, answer: typeof answer === "function" ? answer : () => answer });
  }

  calls(of: RegExp): number {
    return this.asked.filter((call) => of.test(call)).length;
  }

  plan(upload: string): Chunk[] {
    return this.plans.get(upload) ?? [];
  }

  /** In the place of the browser's `fetch`. */
  readonly fetch = async (request: Request): Promise<Response> => {
    const text = await request.text();
    const { status, document, retryAfter } = await this.answer(request.method, new URL(request.url).pathname, text ? (JSON.parse(text) as Record<string, unknown>) : {});
    const headers = { "Content-Type": status < 400 ? "application/json" : "application/problem+json", ...(retryAfter === undefined ? {} : { "Retry-After": String(retryAfter) }) };
    return new Response(status === 204 ? null : JSON.stringify(document), { status, headers });
  };

  async blocksIn(path: string, body: Blob): Promise<Answer> {
    const { inFlight, most } = this;
    inFlight.requests += 1;
    inFlight.bytes += body.size;
    most.requests = Math.max(most.requests, inFlight.requests);
    most.bytes = Math.max(most.bytes, inFlight.bytes);
    await new Promise((resolve) => setTimeout(resolve, 5));
    inFlight.requests -= 1;
    inFlight.bytes -= body.size;
    const refused = this.refused(`POST ${path}`);
    return refused ?? { status: 200, document: { results: await this.taken(new Uint8Array(await body.arrayBuffer())) } };
  }

  private async taken(body: Uint8Array<ArrayBuffer>): Promise<object[]> {
    const results: object[] = [];
    for (let at = 0; at < body.length; ) {
      const id = hexOf(body.subarray(at, at + ID_BYTES));
      const size = new DataView(body.buffer, at + ID_BYTES, 4).getUint32(0);
      at += ID_BYTES + 4;
      const isRight = hexOf(await sha256(body.slice(at, at + size))) === id;
      at += size;
      if (isRight) this.blocks.add(id);
      this.sentBlocks += 1;
      results.push(isRight ? { id, status: "stored" } : { id, status: "refused", problem: problem(422, "block-corrupt").document });
    }
    return results;
  }

  private refused(call: string): Answer | null {
    this.asked.push(call);
    const index = this.refusals.findIndex(({ of }) => of.test(call));
    return index === -1 ? null : (this.refusals.splice(index, 1)[0]?.answer() ?? null);
  }

  private async answer(method: string, path: string, body: Record<string, unknown>): Promise<Answer> {
    const refused = this.refused(`${method} ${path}`);
    if (refused) return refused;
    const [, kind, id = "", what] = path.replace("/api/v1", "").split("/");
    const chunks = (body["chunks"] ?? []) as Chunk[];
    if (kind === "sync") return { status: 200, document: { items: this.wanted, next_cursor: null } };
    if (kind === "uploads") return this.upload(method, id, what, chunks);
    if (what === "files") return { status: 200, document: { items: this.listed, prefixes: [], next_cursor: null } };
    if (what === "commits") {
      this.committed.push(...(body["operations"] as { path: string }[]).map((operation) => operation.path));
      return { status: 200, document: { results: [] } };
    }
    return { status: 200, document: { id: "b", name: "studio", chunking: "fixed", versioning: "on" } };
  }

  private async upload(method: string, id: string, what: string | undefined, chunks: Chunk[]): Promise<Answer> {
    if (method === "DELETE") return { status: 204, document: null };
    if (what === "commit") {
      this.committed.push(id);
      return { status: 200, document: { content_hash: await contentHash(this.plan(id)) } };
    }
    const upload = id || `upload-${this.plans.size + 1}`;
    this.plans.set(upload, [...this.plan(upload), ...chunks]);
    const missing = (method === "GET" ? this.plan(upload) : chunks).filter((chunk) => !this.blocks.has(chunk.id)).map((chunk) => chunk.id);
    return { status: method === "POST" ? 201 : 200, document: { upload_id: upload, missing, state: "open", next_cursor: null } };
  }

  /** In the place of the browser's XMLHttpRequest, as far as blocks are sent by it. */
  get requests(): new () => object {
    const send = this.blocksIn.bind(this);
    return class {
      readonly upload = {};
      onloadend: () => void = () => undefined;
      status = 0;
      responseText = "";
      private path = "";
      private retryAfter: number | undefined;
      open(_: string, path: string): void {
        this.path = path;
      }
      setRequestHeader(): void {
        // Nothing here depends on any.
      }
      getResponseHeader(): string | null {
        return this.retryAfter === undefined ? null : String(this.retryAfter);
      }
      abort(): void {
        this.onloadend();
      }
      send(body: Blob): void {
        void send(this.path, body).then(({ status, document, retryAfter }) => {
          Object.assign(this, { status, responseText: JSON.stringify(document), retryAfter });
          this.onloadend();
        });
      }
    };
  }
}

export const contentHash = async (chunks: Chunk[]): Promise<string> =>
  hexOf(await sha256(Uint8Array.from(chunks.flatMap(({ id }) => Array.from({ length: ID_BYTES }, (_, index) => Number.parseInt(id.slice(2 * index, 2 * index + 2), 16))))));
