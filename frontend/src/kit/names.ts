/** Names as they must be shown: text only, with what cannot be seen, or what turns text around, marked as code points. */

export type NamePart = { kind: "text"; text: string } | { kind: "mark"; code: string };

// Control and format characters, line and paragraph separators, lone surrogates, private use. Joiners of scripts and emoji stay.
const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}\u00a0\u2000-\u200a\u202f\u205f\u3000\u115f\u1160\u3164\uffa0]/u;
const PLAIN = /^[!-~](?:[ -~]*[!-~])?$/; // as most names are
const JOINERS = new Set(["\u200c", "\u200d", "\ufe0f"]);

export const codePoint = (character: string): string =>
  `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;

/** `name` in pieces; spaces at its ends are marked too. */
export function nameParts(name: string): NamePart[] {
  if (PLAIN.test(name)) return [{ kind: "text", text: name }];
  const parts: NamePart[] = [];
  const characters = Array.from(name);
  const first = characters.findIndex((character) => character !== " ");
  const last = characters.findLastIndex((character) => character !== " ");
  characters.forEach((character, index) => {
    const isEdge = character === " " && (first === -1 || index < first || index > last);
    if (isEdge || isHidden(character, characters[index - 1])) parts.push({ kind: "mark", code: codePoint(character) });
    else {
      const previous = parts.at(-1);
      if (previous?.kind === "text") previous.text += character;
      else parts.push({ kind: "text", text: character });
    }
  });
  return parts;
}

/** As plain text, for titles, tooltips and accessible names. */
export const shownName = (name: string): string => shownParts(nameParts(name));

export const shownParts = (parts: readonly NamePart[]): string =>
  parts.map((part) => (part.kind === "text" ? part.text : `⟨${part.code}⟩`)).join("");

/** A joiner between letters or emoji belongs to them; alone it hides. */
function isHidden(character: string, before: string | undefined): boolean {
  if (JOINERS.has(character)) return before === undefined || !/[\p{L}\p{M}\p{Emoji}]/u.test(before);
  return HIDDEN.test(character);
}

/** As it is read aloud: what is seen, in its order. */
export const spokenParts = (parts: readonly NamePart[]): string => parts.map((part) => (part.kind === "text" ? part.text : part.code)).join("");

/** The folder of `path`, with its slash; "" at the root. */
export const parentOf = (path: string): string => path.slice(0, path.replace(/\/$/, "").lastIndexOf("/") + 1);

/** The last segment of a path, of a folder without its slash. */
export const baseOf = (path: string): string => {
  const whole = path.replace(/\/$/, "");
  return whole.slice(whole.lastIndexOf("/") + 1);
};
