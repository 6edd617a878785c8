import type { QueryClient } from "@tanstack/react-query";
import { addresses } from "@/addresses";
import { api } from "@/api/client";
import { ApiProblem } from "@/api/problems";
import { meQuery } from "@/api/queries";
import { sessionIsOver } from "@/api/session";
import { optionsQuery } from "@/gate/options";
import { tellOtherTabs } from "./other_tabs";

const MOST_MILLISECONDS = 2_000; // somebody who leaves does not wait for a disk that hangs
const leaving = new Set<() => Promise<void>>();

/** `end` is called when somebody signs out, in each of their tabs: what they leave in this browser is to be gone then. */
export function onLeaving(end: () => Promise<void>): () => void {
  leaving.add(end);
  return () => leaving.delete(end);
}

/** Ends the session here and in every tab, and leaves nothing on the page: not for Back either. Throws what the server says against it. */
export async function signOut(client: QueryClient): Promise<void> {
  const elsewhere = signOutElsewhere(client);
  sessionIsOver();
  try {
    await api.POST("/api/v1/auth/logout", { keepalive: true }); // whoever leaves the page at once is signed out all the same
  } catch (error) {
    if (!(error instanceof ApiProblem && error.status === 401)) throw error;
  }
  tellOtherTabs({ kind: "signed-out" });
  await forget(client, (await elsewhere) ?? undefined);
}

/** Where who signs in at another provider signs out there as well: else the next click would let anybody in again. */
async function signOutElsewhere(client: QueryClient): Promise<string | null> {
  if (!client.getQueryData(meQuery.queryKey)?.issuer) return null;
  return (await client.query(optionsQuery).catch(() => null))?.outside?.logout_url ?? null;
}

/** A new document: nothing that this one has in memory goes on, in whichever module it stands. */
export async function forget(client: QueryClient, to: string = addresses.signIn()): Promise<void> {
  sessionIsOver();
  const ended = Promise.allSettled([...leaving].map((end) => end()));
  await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, MOST_MILLISECONDS))]);
  client.clear();
  location.replace(to);
}
