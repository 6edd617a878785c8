// @vitest-environment jsdom
import { expect, it } from "vitest";
import { ApiProblem } from "@/api/problems";
import { partsOf } from "./existing";
import { Pace } from "./pace";
import { FileChanged } from "./reading";
import { type Facts, lineOf, problemWords } from "./words";

const FILE: Facts = {
  kind: "file", files: 1, ended: 0, size: 1_800_000_000, stored: 1_100_000_000, sent: 1_100_000_000, busy: 1, asking: 0, failed: 0, failedName: null, homeless: { files: 0, bytes: 0 }, skipped: 0, same: 0, healed: 0,
  problem: null, waitsUntil: null, isPaused: false, isReading: false, isStalled: false, keptShare: null, isOther: false,
};

it.each<[string, Partial<Facts>, string]>([
  ["runs", {}, "1.1 of 1.8 GB"],
  ["is paused", { isPaused: true, size: 912e6, stored: 284e6 }, "Paused at 284 of 912 MB"],
  ["lost its connection", { waitsUntil: 4_000 }, "Connection lost. Trying again in 4 seconds"],
  ["is stalled", { isStalled: true }, "Waiting for the network"],
  ["is a folder", { kind: "folder", files: 1204, ended: 734, size: 348e6, stored: 212e6 }, "734 of 1,204 files · 212 of 348 MB"],
  ["found parts here", { ended: 1, busy: 0, size: 431e6, stored: 431e6, sent: 36e6 }, "Done. Sent 36 of 431 MB, the rest was here"],
  ["was here", { ended: 1, busy: 0, same: 1, sent: 0 }, "Same file, nothing to send"],
  ["was damaged in a part", { ended: 1, healed: 1, size: 54e6, stored: 54e6, sent: 1e6 }, "Healed. Sent 1.0 of 54 MB, the rest was whole"],
  ["was damaged in a small part", { ended: 1, healed: 1, size: 54e6, stored: 54e6, sent: 77_000 }, "Healed. Sent 77 kB of 54.0 MB, the rest was whole"],
  ["was damaged altogether", { ended: 1, healed: 1, size: 54_321, stored: 54_321, sent: 54_321 }, "Healed. Sent 54 kB"],
  ["was damaged in a folder", { kind: "folder", files: 5, ended: 5, same: 4, healed: 1, sent: 54_321 }, "Healed 1 file. Sent 54 kB"],
  ["was begun before a reload", { keptShare: 0.38 }, "Choose the file again to go on. 38% is here"],
  ["could not be read in a folder", { kind: "folder", files: 9, ended: 9, failed: 1, failedName: "notes.md", problem: "It could not be read" }, "notes.md failed: it could not be read"],
  ["has several faults", { kind: "folder", files: 9, ended: 9, failed: 4, failedName: "notes.md", problem: "It could not be read" }, "notes.md and 3 others failed: it could not be read"],
  [
    "has no room for some",
    { kind: "folder", files: 9, ended: 9, failed: 2, failedName: "b", homeless: { files: 2, bytes: 25e6 }, problem: "No room: 1 MB over your 3 MB" },
    "No room: 2 files of 25.0 MB are left out",
  ],
  ["has failed", { ended: 1, failed: 1, problem: "It changed while it was read" }, "It changed while it was read"],
])("says of what %s", (_, facts, text) => expect(lineOf({ ...FILE, ...facts }, 0).text).toBe(text));

it("says how much room is missing", () => {
  const full = new ApiProblem({
    type: "urn:cairn:problem:quota-exceeded", title: "Full", status: 507, used_bytes: 1e12 - 1e9, quota_bytes: 1e12, wanted_bytes: 3.1e9,
  });
  expect(problemWords(full)).toBe("No room: 2.1 GB over your 1 TB");
  expect(full.isPassing).toBe(false);
  expect(problemWords(new FileChanged())).toBe("It changed while it was read");
});

it.each([
  ["a/ridge.jpg", { folder: "a/", stem: "ridge", extension: ".jpg" }],
  ["ridge (2).jpg", { folder: "", stem: "ridge", extension: ".jpg" }],
  [".profile", { folder: "", stem: ".profile", extension: "" }],
])("numbers %s before its extension", (path, parts) => expect(partsOf(path)).toEqual(parts));

it("knows speed and time left from means, and after three seconds only", () => {
  const pace = new Pace();
  for (let second = 0; second <= 2; second += 1) pace.add(second * 1000, second * 10e6, second * 10e6);
  expect(pace.secondsFor(100e6)).toBeNull();
  for (let second = 3; second <= 30; second += 1) pace.add(second * 1000, Math.min(second, 26) * 10e6, second * 10e6);
  expect(pace.secondsFor(100e6)).toBe(10);
  expect(pace.speed()).toBe(2e6);
  pace.rest();
  expect(pace.speed()).toBeNull();
});
