/** What was done a moment ago and the server has not yet told: laid over the lists until it has, or has refused. */

import { useSyncExternalStore } from "react";
import type { Row } from "./rows";
import { merged, type Order, sorted } from "./sorting";

export interface Patch {
  bucket: string;
  prefix: string;
  without: ReadonlySet<string>; // keys
  plus: readonly Row[];
}

interface State {
  patches: readonly Patch[];
  refusals: ReadonlyMap<string, string>; // by key of the row: why it is as it was
}

let state: State = { patches: [], refusals: new Map() };
const listeners = new Set<() => void>();

function change(next: Partial<State>): void {
  state = { ...state, ...next };
  for (const listener of listeners) listener();
}

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** Shown from now on; call what it answers when the lists say it themselves, or never will. */
export function lay(patches: readonly Patch[]): () => void {
  change({ patches: [...state.patches, ...patches], refusals: new Map() });
  return () => change({ patches: state.patches.filter((one) => !patches.includes(one)) });
}

export const refuse = (refusals: Iterable<[string, string]>): void => change({ refusals: new Map([...state.refusals, ...refusals]) });

export function forgetRefusals(): void {
  if (state.refusals.size > 0) change({ refusals: new Map() });
}

export const usePatches = (): readonly Patch[] => useSyncExternalStore(subscribe, () => state.patches);

export const useRefusals = (): ReadonlyMap<string, string> => useSyncExternalStore(subscribe, () => state.refusals);

/** `rows`, sorted, as they are with what lies over them. */
export function patched(rows: readonly Row[], patches: readonly Patch[], order: Order): readonly Row[] {
  return patches.reduce((all, { without, plus }) => {
    const keys = new Set(plus.map((row) => row.key));
    const left = all.filter((row) => !without.has(row.key) && !keys.has(row.key));
    return plus.length === 0 ? left : merged(left, sorted(plus, order), order);
  }, rows);
}
