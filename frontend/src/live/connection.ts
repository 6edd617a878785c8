import { useSyncExternalStore } from "react";

/** `since`: as of when what is on the page is known to be true. */
export interface Connection {
  state: "live" | "catching-up" | "offline" | "server-away";
  since: Date;
}

let connection: Connection = { state: "catching-up", since: new Date() };
const listeners = new Set<() => void>();

export const currentConnection = (): Connection => connection;

export function connectionBecomes(state: Connection["state"], since: Date = connection.since): void {
  if (state === connection.state && since.getTime() === connection.since.getTime()) return;
  connection = { state, since };
  for (const listener of [...listeners]) listener();
}

/** Whether the page shows how things are now, and else since when it does not. */
export const useConnection = (): Connection =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    currentConnection,
  );

/** Whether what needs the server can be done. */
export const useIsReachable = (): boolean => {
  const { state } = useConnection();
  return state === "live" || state === "catching-up";
};
