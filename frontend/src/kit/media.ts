import { useSyncExternalStore } from "react";

const phone = typeof matchMedia === "function" ? matchMedia("(max-width: 720px)") : null;

const subscribe = (listener: () => void): (() => void) => {
  phone?.addEventListener("change", listener);
  return () => phone?.removeEventListener("change", listener);
};

/** Whether the page is laid out for a phone: of two controls with one name only one may be rendered. */
export const useIsPhone = (): boolean => useSyncExternalStore(subscribe, () => phone?.matches ?? false);
