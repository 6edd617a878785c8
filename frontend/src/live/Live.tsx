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
    // A page that the browser has kept for Back must not show what somebody has signed out of, nor to whoever has signed in since.
    const shown = (event: PageTransitionEvent): void => {
      if (event.persisted) location.reload();
    };
    window.addEventListener("pageshow", shown, { signal: leaving.signal });
    return () => leaving.abort();
  }, [client, user]);
  return me && asking === "dialog" ? <SessionEnded me={me} onClose={() => putOff(true)} /> : null;
}
