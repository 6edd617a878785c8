/** What is selected in a list, as a desktop file manager keeps it: a set of keys, the anchor of ranges, and where the keyboard is. */

export interface Selection {
  keys: ReadonlySet<string>;
  anchor: string | null; // from where Shift extends
  current: string | null; // the one tab stop of the list
}

export type SelectionAct =
  | { act: "only"; key: string }
  | { act: "toggle"; key: string }
  | { act: "extend"; key: string; order: readonly string[]; isAdding?: boolean }
  | { act: "move"; key: string } // the keyboard goes there, nothing else changes
  | { act: "band"; keys: readonly string[]; base: ReadonlySet<string> }
  | { act: "all"; order: readonly string[] }
  | { act: "clear" }
  | { act: "keep"; order: readonly string[]; before: readonly string[] };

export const NOTHING: Selection = { keys: new Set(), anchor: null, current: null };

export function selected(state: Selection, act: SelectionAct): Selection {
  switch (act.act) {
    case "only":
      return { keys: new Set([act.key]), anchor: act.key, current: act.key };
    case "toggle":
      return { keys: toggled(state.keys, act.key), anchor: act.key, current: act.key };
    case "extend": {
      const range = between(act.order, state.anchor ?? state.current ?? act.key, act.key);
      return { keys: new Set(act.isAdding ? [...state.keys, ...range] : range), anchor: state.anchor ?? range[0] ?? act.key, current: act.key };
    }
    case "move":
      return state.current === act.key ? state : { ...state, current: act.key };
    case "band":
      return { ...state, keys: new Set([...act.base, ...act.keys]), current: act.keys.at(-1) ?? state.current };
    case "all":
      return { ...state, keys: new Set(act.order), current: state.current ?? act.order[0] ?? null };
    case "clear":
      return state.keys.size === 0 ? state : { ...state, keys: new Set(), anchor: null };
    case "keep":
      return kept(state, act.order, act.before);
  }
}

function toggled(keys: ReadonlySet<string>, key: string): Set<string> {
  const next = new Set(keys);
  if (!next.delete(key)) next.add(key);
  return next;
}

function between(order: readonly string[], from: string, to: string): readonly string[] {
  const [a, b] = [order.indexOf(from), order.indexOf(to)];
  if (a < 0 || b < 0) return [to];
  return order.slice(Math.min(a, b), Math.max(a, b) + 1);
}

/** What vanished leaves the selection; where the keyboard was on it, it goes to what took its place. */
function kept(state: Selection, order: readonly string[], before: readonly string[]): Selection {
  const there = new Set(order);
  const isGone = (key: string | null): boolean => key !== null && !there.has(key);
  const gone = [...state.keys].some(isGone);
  if (!gone && !isGone(state.anchor) && !isGone(state.current)) return state;
  return {
    keys: gone ? new Set([...state.keys].filter((key) => there.has(key))) : state.keys,
    anchor: isGone(state.anchor) ? null : state.anchor,
    current: isGone(state.current) ? successor(state.current ?? "", before, there, order) : state.current,
  };
}

function successor(key: string, before: readonly string[], there: ReadonlySet<string>, order: readonly string[]): string | null {
  const place = before.indexOf(key);
  const next = before.slice(place + 1).find((one) => there.has(one));
  return next ?? before.slice(0, Math.max(0, place)).findLast((one) => there.has(one)) ?? order[0] ?? null;
}

/** The next row whose name begins with what was typed, from `current` on and around. */
export function jumped(names: readonly string[], current: number, typed: string): number {
  const wanted = typed.toLocaleLowerCase();
  const from = typed.length > 1 ? Math.max(0, current) : current + 1; // A second letter may still mean the same row.
  for (let step = 0; step < names.length; step += 1) {
    const index = (from + step) % names.length;
    if (names[index]?.toLocaleLowerCase().startsWith(wanted)) return index;
  }
  return -1;
}
