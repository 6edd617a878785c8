/** Names of one folder that look the same and are not: two normal forms of one text, letters of another script (Unicode TR 39). */

import { codePoint, type NamePart, nameParts } from "./names";

// Letters that most faces draw as Latin ones. Not all of TR 39's: those that a keyboard types and a person mistakes.
const DRAWN_AS: Record<string, string> = Object.fromEntries(
  ["аa", "еe", "оo", "рp", "сc", "уy", "хx", "іi", "јj", "ѕs", "ԁd", "һh", "ԛq", "ԝw", "АA", "ВB", "ЕE", "КK", "МM", "НH", "ОO", "РP", "СC", "ТT", "УY", "ХX", "ІI", "ЈJ", "ЅS"]
    .concat(["οo", "νv", "αa", "ιi", "ρp", "κk", "ΑA", "ΒB", "ΕE", "ΖZ", "ΗH", "ΙI", "ΚK", "ΜM", "ΝN", "ΟO", "ΡP", "ΤT", "ΥY", "ΧX"])
    .concat(["‐-", "‑-", "–-", "−-", "’'", "‘'", "ʼ'"])
    .map((pair) => Array.from(pair) as [string, string]),
);
const PLAIN = /^[\u0020-\u007e]*$/;
const CLUSTERS = /\P{M}\p{M}*|\p{M}+/gu;

/** By name, of those that another one of `names` looks like: the name with the code points of what differs. */
export function lookalikes(names: Iterable<string>): ReadonlyMap<string, NamePart[]> {
  const groups = new Map<string, Set<string>>();
  const plain: string[] = [];
  for (const name of names) {
    if (PLAIN.test(name)) plain.push(name);
    else add(groups, drawn(name), name);
  }
  // A plain name is drawn as itself: of many only those matter that a name of the others is drawn as.
  if (groups.size > 0) for (const name of plain) groups.get(name)?.add(name);
  const found = new Map<string, NamePart[]>();
  for (const group of groups.values()) if (group.size > 1) for (const name of group) found.set(name, marked(name, group));
  return found;
}

const add = (groups: Map<string, Set<string>>, key: string, name: string): void => void (groups.get(key) ?? groups.set(key, new Set()).get(key))?.add(name);

const clusters = (name: string): string[] => name.match(CLUSTERS) ?? [];

const drawn = (text: string): string => Array.from(text.normalize("NFKD"), (character) => DRAWN_AS[character] ?? character).join("");

/** Alike names have as many clusters, drawn alike one by one; those that are not the same in all of them are marked. */
function marked(name: string, group: ReadonlySet<string>): NamePart[] {
  const others = [...group].map(clusters);
  return clusters(name).reduce<NamePart[]>((parts, cluster, index) => {
    const isSame = others.every((other) => other[index] === cluster);
    const marks: NamePart[] = isSame ? [] : [{ kind: "mark", code: Array.from(cluster, codePoint).join(" ") }];
    return joined(parts, [...nameParts(cluster), ...marks]);
  }, []);
}

function joined(parts: NamePart[], more: readonly NamePart[]): NamePart[] {
  for (const part of more) {
    const last = parts.at(-1);
    if (part.kind === "text" && last?.kind === "text") last.text += part.text;
    else parts.push({ ...part });
  }
  return parts;
}
