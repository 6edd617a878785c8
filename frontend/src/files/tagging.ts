/** Tags of several files together: a word, or a word and its value. */

import type { FileRow, Row } from "./rows";

export type Tagged = Readonly<Record<string, string>>;

const LONGEST_KEY = 128;
const LONGEST_VALUE = 256;

/** What is given to, or taken from, every one of some files. */
export type TagChange = { put: readonly [string, string] } | { drop: string };

/** `word` or `key=value`, as people write it; null where nothing is written. */
export function tagIn(text: string): [string, string] | null {
  const [key = "", ...rest] = text.trim().split("=");
  return key.trim() === "" ? null : [key.trim(), rest.join("=").trim()];
}

export function tagProblem(text: string): string | undefined {
  const tag = tagIn(text);
  if (!tag) return "Write a word, or word=value.";
  if (length(tag[0]) > LONGEST_KEY) return `A tag has at most ${LONGEST_KEY} characters.`;
  return length(tag[1]) > LONGEST_VALUE ? `The value of a tag has at most ${LONGEST_VALUE} characters.` : undefined;
}

const length = (text: string): number => Array.from(text).length;

/** A tag as it is written. */
export const tagWord = (key: string, value: string | undefined): string => (value ? `${key}=${value}` : key);

/** Only files have tags. */
export const isTaggable = (rows: readonly Row[]): rows is readonly FileRow[] => rows.every((row) => row.kind === "file");

/** As the tags of `row` are afterwards; null where that changes nothing. */
export function changedTags({ entry: { tags } }: FileRow, change: TagChange): Tagged | null {
  if ("put" in change) {
    const [key, value] = change.put;
    return tags[key] === value ? null : { ...tags, [key]: value };
  }
  const { [change.drop]: gone, ...rest } = tags;
  return gone === undefined ? null : rest;
}

/** Every tag that some of `rows` have, with how many of them. */
export function tagsOf(rows: readonly FileRow[]): { key: string; word: string; count: number }[] {
  const found = new Map<string, { words: Set<string>; count: number }>();
  for (const { entry } of rows) {
    for (const [key, value] of Object.entries(entry.tags)) {
      const known = found.get(key) ?? { words: new Set(), count: 0 };
      known.words.add(tagWord(key, value));
      found.set(key, { words: known.words, count: known.count + 1 });
    }
  }
  // Where their values differ the key stands for all of them.
  return [...found].map(([key, { words, count }]) => ({ key, word: words.size === 1 ? ([...words][0] ?? key) : key, count }));
}
