import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { meQuery } from "@/api/queries";
import { sessionIsGood } from "@/api/session";
import { putOff, useAsking } from "./asking";
import { forget } from "./leave";
import { hearOtherTabs } from "./other_tabs";
import { LivePage } from "./page";
import { SessionEnded } from "./SessionEnded";

/** Keeps the page as the server has it while somebody is signed in, and asks them to sign in again where the session has ended. */
export function Live() {
  const client = useQueryClient();
  const me = useQuery(meQuery).data;
  const asking = useAsking();
  const user = me?.user_id;
  useEffect(() => {
    if (user === undefined) return;
    sessionIsGood();
    const leaving = new AbortController();
    new LivePage(client).start(leaving.signal);
    hearOtherTabs((word) => {
      if (word.kind === "signed-out") void forget(client);
      else if (word.user !== user) location.reload();
      else sessionIsGood();
    }, leaving.signal);
    return () => leaving.abort();
  }, [client, user]);
  return me && asking === "dialog" ? <SessionEnded me={me} onClose={() => putOff(true)} /> : null;
}
