/** The sentence of truth, and what stands under it: facts in, words out. */

import type { SummaryWire } from "@/api/schema";
import { counted, formatAge, formatClock, formatCount, formatDay } from "@/kit/format";

export interface Told {
  look: "ok" | "busy" | "wait" | "bad";
  text: string;
  under: string;
}

/** Why nothing can be said now, and since when; null: the summary tells how it is now. */
export type Silence = { because: "offline" | "no-answer"; since: Date | null } | null;

type Facts = Pick<SummaryWire, "sentence" | "scrub" | "health">;

const WORDS = ["No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve"];
const CAUSES: Record<string, string> = {
  database: "the catalogue does not answer",
  store: "the store does not answer",
  worker: "no worker is at work",
};

export function tell(facts: Facts | undefined, silence: Silence, now: Date): Told {
  if (silence || !facts) return unknown(silence?.since ?? null, silence?.because === "offline" ? "you are offline" : "the sync service does not answer", now);
  const { sentence } = facts;
  const told: Omit<Told, "under"> = TELLERS[sentence.state](facts, now);
  return { ...told, under: under(facts, now) };
}

const TELLERS: Record<SummaryWire["sentence"]["state"], (facts: Facts, now: Date) => Omit<Told, "under">> = {
  safe: () => ({ look: "ok", text: "Everything is safe." }),
  checking: (facts, now) => ({ look: "busy", text: checking(facts.sentence.checking) + rest(facts, "Everything else is safe.", now) }),
  "needs-you": (facts, now) => ({ look: "bad", text: needsYou(facts, now) }),
  unproved: ({ scrub }) => ({ look: "wait", text: scrub.last_round === null ? "Nothing is proved yet." : "Not everything was read again in time." }),
  unknown: (facts, now) => ({ look: "wait", text: unknown(dateOf(facts.sentence.since), causeOf(facts), now).text }),
};

function unknown(since: Date | null, cause: string, now: Date): Told {
  return { look: "wait", text: `Not known${since ? ` since ${moment(since, now)}` : ""}: ${cause}.`, under: "What is safe stays safe. It is only not known whether something has changed." };
}

function needsYou(facts: Facts, now: Date): string {
  const { failed, checking: checked, files } = facts.sentence;
  if (failed === 0) return "Parts are damaged. Which files they belong to is being found out.";
  const others = Math.max(0, files - failed - checked);
  const need = `${WORDS[failed] ?? formatCount(failed)} ${failed === 1 ? "file needs" : "files need"} you.`;
  const safe = others === 1 ? "The other one is safe." : `The other ${formatCount(others)} are safe.`;
  return need + (checked > 0 ? ` ${checking(checked)}` : "") + (others > 0 ? rest(facts, safe, now) : "");
}

const checking = (count: number): string => `${counted(count, "file")} ${count === 1 ? "is" : "are"} being checked.`;

/** `safe`: what is said where all else is. */
function rest(facts: Facts, safe: string, now: Date): string {
  const { rest: how, proved_at: proved, since } = facts.sentence;
  if (how === "safe") return ` ${safe}`;
  if (how === "unproved") return proved === null ? " Nothing else is proved yet." : " Not everything else was read again in time.";
  return ` Of all else nothing is known${since === null ? "" : ` since ${moment(new Date(since), now)}`}: ${causeOf(facts)}.`;
}

function under({ sentence, scrub }: Facts, now: Date): string {
  const { round, last_round: last } = scrub;
  const ends = round && round.ended_at === null && round.expected_end !== null ? moment(new Date(round.expected_end), now) : null;
  const which = last === null ? "The first round" : "The present round";
  const isDue = sentence.proved_at === null || sentence.state === "unproved";
  const end = isDue && ends !== null ? `${which} ends about ${ends}.` : "";
  return [proved(sentence, now), end].filter(Boolean).join(" ");
}

function proved({ proved_at: at, files, state }: Facts["sentence"], now: Date): string {
  if (at !== null) return `Last proved ${ago(new Date(at), now)}.`;
  if (files === 0) return "There are no files yet.";
  return state === "unproved" ? "" : "Nothing is proved yet.";
}

const ago = (date: Date, now: Date): string => {
  const age = now.getTime() - date.getTime();
  return age < 60_000 ? "just now" : `${formatAge(age)} ago`;
};

/** "14:02" today, else "20 Nov, 14:02". */
export const moment = (date: Date, now: Date): string => (date.toDateString() === now.toDateString() ? formatClock(date) : `${formatDay(date, now)}, ${formatClock(date)}`);

const dateOf = (at: string | null): Date | null => (at === null ? null : new Date(at));

const causeOf = ({ health }: Facts): string =>
  health.filter((one) => one.state === "down").map((one) => CAUSES[one.name]).find((cause) => cause !== undefined) ?? "the sync service does not answer";
