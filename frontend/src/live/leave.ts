import type { QueryClient } from "@tanstack/react-query";
import { addresses } from "@/addresses";
import { api } from "@/api/client";
import { ApiProblem } from "@/api/problems";
import { sessionIsOver } from "@/api/session";
import { tellOtherTabs } from "./other_tabs";

/** Ends the session here and in every tab, and leaves nothing on the page: not for Back either. Throws what the server says against it. */
export async function signOut(client: QueryClient): Promise<void> {
  sessionIsOver();
  try {
    await api.POST("/api/v1/auth/logout");
  } catch (error) {
    if (!(error instanceof ApiProblem && error.status === 401)) throw error;
  }
  tellOtherTabs({ kind: "signed-out" });
  forget(client);
}

/** A new document: nothing that this one has in memory goes on, in whichever module it stands. */
export function forget(client: QueryClient): void {
  sessionIsOver();
  client.clear();
  location.replace(addresses.signIn());
}
