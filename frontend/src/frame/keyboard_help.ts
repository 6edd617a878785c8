import { useSyncExternalStore } from "react";

// Whether the list of keys is shown; who shows it stands in the frame.
let isShown = false;
const listeners = new Set<() => void>();

function change(next: boolean): void {
  isShown = next;
  for (const listener of listeners) listener();
}

export const showKeyboard = (): void => change(true);

export const hideKeyboard = (): void => change(false);

export const useKeyboardShown = (): boolean =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => isShown,
  );
