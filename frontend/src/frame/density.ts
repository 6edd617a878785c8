import { useSyncExternalStore } from "react";

export type Density = "roomy" | "dense";

const KEY = "cairn.density";
const listeners = new Set<() => void>();

const kept = (): Density => (localStorage.getItem(KEY) === "dense" ? "dense" : "roomy");

/** How high rows are, as it is kept on this device. */
export function applyDensity(density: Density = kept()): void {
  document.documentElement.dataset["density"] = density;
}

export function useDensity(): [Density, (density: Density) => void] {
  const density = useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, kept);
  const choose = (next: Density): void => {
    localStorage.setItem(KEY, next);
    applyDensity(next);
    for (const listener of listeners) listener();
  };
  return [density, choose];
}
