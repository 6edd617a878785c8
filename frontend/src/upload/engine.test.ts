// @vitest-environment node
import "fake-indexeddb/auto";
import { beforeEach, expect, it, vi } from "vitest";
import { ApiProblem } from "@/api/problems";
import { MIB } from "./cutting";
import { Engine } from "./engine";
import type { Reader } from "./hashers";
import type { Job } from "./job";
import { Kept, type KeptJob } from "./kept";
import { Pace } from "./pace";
import { readPage, readWhole } from "./reading";
import { persistently } from "./retry";
import { contentHash, problem, ScriptedServer } from "./scripted";
import { hexOf, sha256Of } from "./sha256";
import { trayOf } from "./tray";
import { sourcesOf } from "./walk";

// A browser has these, and takes addresses without a host.
vi.hoisted(() => {
  const events = new EventTarget();
  class LocalRequest extends Request {
    constructor(input: string | Request, init?: RequestInit) {
      super(typeof input === "string" ? new URL(input, "http://cairn.test") : input, init);
    }
  }
  Object.assign(globalThis, {
    Request: LocalRequest,
    addEventListener: events.addEventListener.bind(events),
    removeEventListener: events.removeEventListener.bind(events),
  });
});

const sha256 = sha256Of(crypto.subtle);
let server: ScriptedServer;
let pages: number;
let users = 0;

const reader: Reader = {
  page: (file, from, chunking) => {
    pages += 1;
    return readPage(file, from, chunking, sha256);
  },
  whole: (files, chunking) => Promise.all(files.map((file) => readWhole(file, chunking, sha256))),
};

beforeEach(() => {
  server = new ScriptedServer();
  pages = 0;
  vi.stubGlobal("fetch", server.fetch);
  vi.stubGlobal("XMLHttpRequest", server.requests);
});

/** No two blocks of it are equal, nor of files whose names have other lengths. */
function file(name: string, mebibytes: number): File {
  const bytes = new Uint8Array(mebibytes * MIB);
  for (let block = 0; block < mebibytes; block += 1) bytes.set([block, name.length], block * MIB);
  return Object.assign(new File([bytes], name, { lastModified: 7_000 }), { webkitRelativePath: "" });
}

async function uploaded(...files: File[]): Promise<Job[]> {
  users += 1;
  return (await uploadedBy(`user ${users}`, reader, ...files)).jobs;
}

async function uploadedBy(user: string, reading: Reader, ...files: File[]): Promise<Engine> {
  const engine = new Engine(reading, "engine");
  const ready = engine.begin(user, { changed: () => undefined, stored: () => undefined, choose: () => undefined });
  for (const source of files.map((one) => sourcesOf([one]))) engine.add({ bucket: "studio", prefix: "" }, source);
  await ready;
  await vi.waitFor(() => expect(engine.jobs.every(({ hasEnded }) => hasEnded)).toBe(true), { timeout: 20_000, interval: 10 });
  return engine;
}

const standing = async (path: string, source: File): Promise<object> => {
  const { ids, sizes } = await readPage(source, 0, "fixed", sha256);
  const chunks = sizes.map((size, index) => ({ id: hexOf(ids.subarray(32 * index, 32 * index + 32)), size }));
  return { path, size: source.size, version_id: "v", content_hash: await contentHash(chunks), sync_status: "verified", created_at: "2026-01-01T00:00:00Z" };
};

const noneKept = (user: string): Promise<void> => vi.waitFor(async () => expect(await new Kept(user, "engine").jobs(Date.now())).toEqual([]));

const endings = (jobs: Job[]): (string | null)[] => jobs.flatMap(({ tasks }) => tasks.map(({ ending, problem: fault }) => fault ?? ending));

it("waits as long as the server says before it tries again", async () => {
  const waits: (number | null)[] = [];
  vi.useFakeTimers({ now: 1_000_000 });
  const act = vi.fn().mockRejectedValueOnce(new ApiProblem(problem(503, "busy").document, 7)).mockResolvedValue("done");
  const done = persistently({ signal: new AbortController().signal, waits: (until) => waits.push(until) }, act);
  await vi.advanceTimersByTimeAsync(6_999);
  expect(act).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(1_001);
  expect(await done).toBe("done");
  vi.useRealTimers();
  expect(waits[0]).toBeGreaterThanOrEqual(1_007_000);
  expect(waits[1]).toBeNull();
});

it.each([/POST .*\/uploads$/, /PATCH /, /\/chunks$/, /\/commit$/])("goes on after a server that is busy at %s", async (of) => {
  server.refuse(of, { ...problem(503, "busy"), retryAfter: 0 });
  expect(endings(await uploaded(file("large.bin", 20)))).toEqual(["stored"]);
  expect(server.sentBlocks).toBe(20);
});

it("sends once more what was collected before its commit, and nothing else", async () => {
  server.refuse(/\/commit$/, () => {
    const [first] = server.blocks;
    server.blocks.delete(first ?? "");
    return problem(409, "blocks-missing", { missing: [first] });
  });
  expect(endings(await uploaded(file("large.bin", 5)))).toEqual(["stored"]);
  expect(server.sentBlocks).toBe(6);
  expect(server.blocks.size).toBe(5);
});

it("begins again where the upload has expired, and reads nothing twice", async () => {
  server.refuse(/\/commit$/, problem(410, "upload-ended"));
  expect(endings(await uploaded(file("large.bin", 40)))).toEqual(["stored"]);
  expect(server.calls(/POST .*\/uploads$/)).toBe(2);
  expect(server.plan("upload-2")).toEqual(server.plan("upload-1"));
  expect([server.sentBlocks, pages]).toEqual([40, 3]);
});

it("tries nothing again where there is no room, and says how much is missing", async () => {
  server.refuse(/POST .*\/uploads$/, problem(507, "quota-exceeded", { used_bytes: 1e6, quota_bytes: 3e6, wanted_bytes: 4.1e6 }));
  expect(endings(await uploaded(file("large.bin", 4)))).toEqual(["No room: 2.1 MB over your 3 MB"]);
  expect(server.calls(/uploads/)).toBe(1);
});

it("takes a file in which the server finds other bytes for one that has changed", async () => {
  const wrong: Reader = { ...reader, page: async (one, from, chunking) => reader.page(new File([new Uint8Array(one.size).fill(9)], one.name), from, chunking) };
  const engine = new Engine(wrong, "engine");
  await engine.begin("somebody", { changed: () => undefined, stored: () => undefined, choose: () => undefined });
  engine.add({ bucket: "studio", prefix: "" }, sourcesOf([file("large.bin", 4)]));
  await vi.waitFor(() => expect(endings(engine.jobs)).toEqual(["It changed while it was read"]));
  expect(server.committed).toEqual([]);
});

it("has never more on the way than its window, whatever waits", async () => {
  expect(endings(await uploaded(file("one.bin", 60), file("two more.bin", 60), file("x", 1)))).toEqual(["stored", "stored", "stored"]);
  expect(server.most.requests).toBeGreaterThan(1);
  expect(server.most.requests).toBeLessThanOrEqual(4);
  expect(server.most.bytes).toBeLessThanOrEqual(4 * (8 * MIB + 8 * 36));
});

it.each([["large.bin", 5], ["small.bin", 1]])("sends of %s that is there but damaged only what is wanted, and publishes nothing", async (name, mebibytes) => {
  const source = file(name, mebibytes);
  const { ids, sizes } = await readPage(source, 0, "fixed", sha256);
  const chunks = sizes.map((size, index) => ({ id: hexOf(ids.subarray(32 * index, 32 * index + 32)), size }));
  for (const { id } of chunks.slice(1)) server.blocks.add(id);
  server.listed.push({ path: name, size: source.size, version_id: "v", content_hash: await contentHash(chunks), sync_status: "failed", created_at: "2026-01-01T00:00:00Z" });
  expect(endings(await uploaded(source))).toEqual(["healed"]);
  expect(server.sentBlocks).toBe(1);
  expect(server.committed).toEqual([]);
  expect(server.calls(/DELETE .*\/uploads\/upload-1$/)).toBe(1);
});

it("keeps nothing for after a reload of what was there, stored, or refused for good", async () => {
  const same = file("same.bin", 3);
  server.listed.push(await standing(same.name, same));
  const engine = await uploadedBy("ended", reader, same, file("new.bin", 4));
  expect(endings(engine.jobs)).toEqual(["same", "stored"]);
  await noneKept("ended");
  server.refuse(/POST .*\/uploads$/, problem(422, "path-invalid"));
  expect(endings((await uploadedBy("refused", reader, file("..", 4))).jobs)).toEqual(["This name cannot be kept"]);
  await noneKept("refused");
});

it("keeps of a file that has changed how far it came, and takes whatever has its name then", async () => {
  const wrong: Reader = { ...reader, page: async (one, from, chunking) => reader.page(new File([new Uint8Array(one.size).fill(9)], one.name), from, chunking) };
  const { jobs } = await uploadedBy("changed", wrong, file("large.bin", 4));
  expect(endings(jobs)).toEqual(["It changed while it was read"]);
  await vi.waitFor(async () => expect(await new Kept("changed", "engine").jobs(Date.now())).toMatchObject([{ name: "large.bin", modified: 0 }]));
});

it("asks nothing where another tab has put the same bytes there meanwhile", async () => {
  const twin = file("twin.bin", 5);
  server.refuse(/\/commit$/, () => problem(409, "version-conflict"));
  const entry = await standing(twin.name, twin);
  server.refuse(/\/chunks$/, () => {
    server.listed.push(entry);
    return { ...problem(503, "busy"), retryAfter: 0 };
  });
  expect(endings((await uploadedBy("twin", reader, twin)).jobs)).toEqual(["same"]);
});

it("shows what fails now before what was begun before a reload", async () => {
  const begun = Array.from({ length: 6 }, (_, at): KeptJob => ({ id: `begun ${at}`, user: "full", kind: "file", bucket: "b", prefix: "", name: `${at}.bin`, size: 9, modified: 1, files: 1, share: 0.5, at: Date.now() }));
  await new Kept("full", "engine").keepJobs(begun);
  const engine = new Engine(reader, "engine");
  await engine.begin("full", { changed: () => undefined, stored: () => undefined, choose: () => undefined });
  server.refuse(/POST .*\/uploads$/, problem(422, "path-invalid"));
  engine.add({ bucket: "studio", prefix: "" }, sourcesOf([file("..", 4)]));
  await vi.waitFor(() => expect(endings(engine.jobs)).toEqual(["This name cannot be kept"]));
  const { rows } = trayOf(engine, new Pace(), Date.now());
  expect(rows.map(({ job }) => job.name)).toEqual(["0.bin", "1.bin", "2.bin", "3.bin", ".."]);
});
