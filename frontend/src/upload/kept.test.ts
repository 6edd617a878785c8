import "fake-indexeddb/auto";
import { expect, it } from "vitest";
import type { BucketWire } from "@/api/schema";
import { Kept, type KeptJob } from "./kept";
import { Questions } from "./questions";
import { FileTask } from "./task";

const task = (name: string, user = "u"): FileTask => new FileTask({ id: `bucket of ${user}` } as BucketWire, name, new File(["bytes"], name, { lastModified: 7 }));
const page = (end: number) => ({ ids: new Uint8Array(32), sizes: [end], end });

it("gives a plan back to the same file only, page by page in order", async () => {
  const kept = new Kept("u", "one");
  const begun = task("a.bin");
  begun.plan.upload = "upload";
  await kept.keep(begun, page(1), 0);
  await kept.keep(begun, page(2), 1);
  const [again, other] = [task("a.bin"), task("b.bin")];
  await kept.recall(again);
  await kept.recall(other);
  expect(again.plan.upload).toBe("upload");
  expect(again.plan.pages.map(({ end }) => end)).toEqual([1, 2]);
  expect(other.plan.upload).toBeNull();
  await kept.forget([again]);
  const gone = task("a.bin");
  await kept.recall(gone);
  expect(gone.plan.pages).toEqual([]);
});

it("shows unfinished uploads to whom they belong, and not for ever", async () => {
  const job = (id: string, user: string, at: number): KeptJob => ({ id, user, at, kind: "file", bucket: "b", prefix: "", name: id, size: 1, modified: 1, files: 1, share: 0 });
  const now = 40 * 86_400_000;
  const kept = new Kept("u", "two");
  await kept.keepJobs([job("mine", "u", now), job("theirs", "v", now), job("old", "u", 0)]);
  expect((await kept.jobs(now)).map(({ id }) => id)).toEqual(["mine"]);
  expect((await new Kept("v", "two").jobs(now)).map(({ id }) => id)).toEqual(["theirs"]);
});

it("forgets what others have begun once somebody signs in, and nothing of their own", async () => {
  const [mine, theirs] = [new Kept("u", "three"), new Kept("v", "three")];
  const job = (id: string, user: string): KeptJob => ({ id, user, at: 7, kind: "file", bucket: "b", prefix: "", name: id, size: 1, modified: 1, files: 1, share: 0 });
  await mine.keepJobs([job("mine", "u"), job("theirs", "v")]);
  const begun = task("a.bin");
  begun.plan.upload = "upload";
  for (const kept of [mine, theirs]) await kept.keep(begun, page(1), 0);
  await mine.dropOthers();
  const [own, others] = [task("a.bin"), task("a.bin")];
  await mine.recall(own);
  await theirs.recall(others);
  expect([own.plan.pages.length, others.plan.pages.length]).toEqual([1, 0]);
  expect([await mine.jobs(7), await theirs.jobs(7)]).toMatchObject([[{ id: "mine" }], []]);
});

it("asks one question at a time, and one answer may hold for all that were dropped together", async () => {
  const questions = new Questions(() => undefined);
  const asked = ["1", "2", "3"].map((name) => questions.ask(task(name), 1));
  expect(questions.others).toBe(2);
  questions.answer("both", false);
  questions.answer("skip", true);
  expect(await Promise.all([...asked, questions.ask(task("later"), 1)])).toEqual(["both", "skip", "skip", "skip"]);
  expect(questions.current).toBeNull();
});
