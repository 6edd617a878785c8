import type { QueryClient } from "@tanstack/react-query";
import { api, held } from "@/api/client";
import { keys } from "@/api/queries";
import type { Me } from "@/api/schema";
import { tellOtherTabs } from "@/live/other_tabs";

/** Signs this browser in. What was loaded for somebody else is forgotten; other tabs are told. */
export async function enter(client: QueryClient, body: { email: string; password: string }): Promise<Me> {
  const me = await held(api.POST("/api/v1/auth/login", { body }));
  client.clear();
  client.setQueryData(keys.me, me);
  tellOtherTabs({ kind: "signed-in", user: me.user_id });
  return me;
}
