import type { QueryClient } from "@tanstack/react-query";
import { addresses } from "@/addresses";
import { api } from "@/api/client";
import { ApiProblem } from "@/api/problems";
import { meQuery } from "@/api/queries";
import { sessionIsOver } from "@/api/session";
import { optionsQuery } from "@/gate/options";
import { tellOtherTabs } from "./other_tabs";

/** Ends the session here and in every tab, and leaves nothing on the page: not for Back either. Throws what the server says against it. */
export async function signOut(client: QueryClient): Promise<void> {
  const elsewhere = await signOutElsewhere(client);
  sessionIsOver();
  try {
    await api.POST("/api/v1/auth/logout");
  } catch (error) {
    if (!(error instanceof ApiProblem && error.status === 401)) throw error;
  }
  tellOtherTabs({ kind: "signed-out" });
  forget(client, elsewhere ?? undefined);
}

/** Where who signs in at another provider signs out there as well: else the next click would let anybody in again. */
async function signOutElsewhere(client: QueryClient): Promise<string | null> {
  if (!client.getQueryData(meQuery.queryKey)?.issuer) return null;
  return (await client.query(optionsQuery).catch(() => null))?.outside?.logout_url ?? null;
}

/** A new document: nothing that this one has in memory goes on, in whichever module it stands. */
export function forget(client: QueryClient, to: string = addresses.signIn()): void {
  sessionIsOver();
  client.clear();
  location.replace(to);
}
