import { describe, expect, it } from "vitest";
import type { SummaryWire } from "@/api/schema";
import { outcomesAnHour, saidOfMinutes, verifiedAMinute } from "./day";
import { tell } from "./sentence";
import { inOwnTime, partName, partNote } from "./words";

const NOW = new Date(2026, 10, 21, 14, 30);
const at = (hours: number, minutes: number): string => new Date(2026, 10, 21, hours, minutes).toISOString();

const facts = (sentence: Partial<SummaryWire["sentence"]>, more: Partial<SummaryWire> = {}) =>
  ({
    sentence: { state: "safe", rest: "safe", files: 18_442, failed: 0, checking: 0, proved_at: at(14, 26), since: null, ...sentence },
    scrub: { round: null, last_round: null },
    health: [],
    ...more,
  }) as SummaryWire;
const text = (sentence: Partial<SummaryWire["sentence"]>, more: Partial<SummaryWire> = {}): string => tell(facts(sentence, more), null, NOW).text;
const down = (name: string): Partial<SummaryWire> => ({ health: [{ name, state: "down", since: at(14, 2), problem: "x", milliseconds: null, latencies: null }] });
const round = (more: object): SummaryWire["scrub"]["round"] => ({ number: 1, share: 0.4, ended_at: null, expected_end: at(18, 40), ...more }) as SummaryWire["scrub"]["round"];

describe("the sentence of truth", () => {
  it("says that everything is safe, and when that was last proved", () => {
    expect(tell(facts({}), null, NOW)).toEqual({ look: "ok", text: "Everything is safe.", under: "Last proved 4 minutes ago." });
    expect(tell(facts({ proved_at: at(14, 30) }), null, NOW).under).toBe("Last proved just now.");
  });

  it("says what is being checked", () => {
    expect(text({ state: "checking", checking: 3 })).toBe("3 files are being checked. Everything else is safe.");
    expect(text({ state: "checking", checking: 1 })).toBe("1 file is being checked. Everything else is safe.");
    expect(text({ state: "checking", checking: 1, rest: "unproved", proved_at: null })).toBe("1 file is being checked. Nothing else is proved yet.");
    expect(text({ state: "checking", checking: 2, rest: "unproved" })).toBe("2 files are being checked. Not everything else was read again in time.");
  });

  it("says how many files need somebody, and never that the others are safe where that is not known", () => {
    expect(text({ state: "needs-you", failed: 2 })).toBe("Two files need you. The other 18,440 are safe.");
    expect(text({ state: "needs-you", failed: 1, files: 2 })).toBe("One file needs you. The other one is safe.");
    expect(text({ state: "needs-you", failed: 1, files: 1 })).toBe("One file needs you.");
    expect(text({ state: "needs-you", failed: 14, checking: 1 })).toBe("14 files need you. 1 file is being checked. The other 18,427 are safe.");
    expect(text({ state: "needs-you", failed: 2, rest: "unknown", since: at(14, 2) }, down("store"))).toBe("Two files need you. Of all else nothing is known since 14:02: the store does not answer.");
    expect(text({ state: "needs-you", failed: 0 })).toBe("Parts are damaged. Which files they belong to is being found out.");
    expect(tell(facts({ state: "needs-you", failed: 2 }), null, NOW).look).toBe("bad");
  });

  it("says that something is not known, since when, and why", () => {
    const unknown = { state: "unknown", rest: "unknown", since: at(14, 2) } as const;
    expect(text(unknown, down("database"))).toBe("Not known since 14:02: the catalogue does not answer.");
    expect(text(unknown, down("worker"))).toBe("Not known since 14:02: no worker is at work.");
  });

  it("never shows yesterday's green when the service itself is silent", () => {
    const silence = { because: "no-answer", since: new Date(2026, 10, 21, 14, 2) } as const;
    expect(tell(facts({}), silence, NOW)).toMatchObject({ look: "wait", text: "Not known since 14:02: the sync service does not answer." });
    expect(tell(facts({}), { because: "offline", since: new Date(2026, 10, 20, 14, 2) }, NOW).text).toBe("Not known since 20 Nov, 14:02: you are offline.");
    expect(tell(undefined, { because: "no-answer", since: null }, NOW).text).toBe("Not known: the sync service does not answer.");
  });

  it("says that nothing is proved yet, and when the first round ends", () => {
    const told = tell(facts({ state: "unproved", rest: "unproved", proved_at: null }, { scrub: { round: round({}), last_round: null } }), null, NOW);
    expect(told).toEqual({ look: "wait", text: "Nothing is proved yet.", under: "The first round ends about 18:40." });
    const late = tell(facts({ state: "unproved", rest: "unproved" }, { scrub: { round: round({ number: 2 }), last_round: round({ ended_at: at(1, 0) }) } }), null, NOW);
    expect(late.text).toBe("Not everything was read again in time.");
    expect(late.under).toBe("Last proved 4 minutes ago. The present round ends about 18:40.");
  });

  it("is quiet where there is nothing yet", () => {
    expect(tell(facts({ files: 0, proved_at: null }), null, NOW)).toEqual({ look: "ok", text: "Everything is safe.", under: "There are no files yet." });
  });
});

describe("the day", () => {
  const quarter = (hours: number, minutes: number, verified: number, failed = 0) => ({ at: at(hours, minutes), verified, healed: 0, failed, retried: 0 });

  it("has every quarter, also those without a check", () => {
    const points = verifiedAMinute([quarter(14, 0, 300), quarter(14, 30, 7)], new Date(2026, 10, 21, 14, 37));
    expect(points.length).toBe(96);
    expect(points.slice(-4).map((point) => point.value)).toEqual([0, 20, 0, 1]);
    expect(saidOfMinutes(points)).toBe("Files verified a minute over the last 24 hours: between 0 and 20, most at 14:00, 1 now");
  });

  it("is told by hours", () => {
    const bars = outcomesAnHour([quarter(13, 45, 3, 1), quarter(14, 0, 5), quarter(14, 15, 6)], NOW);
    expect(bars.length).toBe(24);
    expect(bars.slice(-2).map((bar) => bar.parts?.map((part) => part.value))).toEqual([[3, 0, 1], [11, 0, 0]]);
  });
});

describe("parts of the installation", () => {
  it("have names that people use, and a note only when something is amiss", () => {
    expect(["metadata", "copy 3", "block-storage", "new"].map(partName)).toEqual(["Catalogue", "Store, copy 3", "Block storage", "New"]);
    const standing = { name: "copy 3", state: "slow", since: at(14, 24), problem: null, milliseconds: null, latencies: null } as const;
    expect(partNote(standing, NOW)).toBe("Slow for 6 minutes.");
    expect(partNote({ ...standing, state: "up" }, NOW)).toBe(null);
    expect(partNote({ ...standing, state: "down" }, NOW)).toBe("No answer for 6 minutes.");
  });

  it("are told about in the reader's own time", () => {
    const utc = new Date(Date.UTC(2026, 10, 21, 12, 5));
    expect(inOwnTime("Waiting: the store does not answer since 12:05 UTC")).toMatch(/since \d\d:05$/);
    expect(utc.getUTCHours()).toBe(12);
  });
});
