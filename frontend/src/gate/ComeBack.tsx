import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { Link } from "react-router";
import { meQuery } from "@/api/queries";
import { tellOtherTabs } from "@/live/other_tabs";
import { Gate } from "./Gate";

/** In a window of its own, back from the outside provider: the page that opened it goes on, and this one goes. */
export function ComeBack() {
  const me = useQuery({ ...meQuery, retry: false });
  const user = me.data?.user_id;
  useEffect(() => {
    if (user === undefined) return;
    tellOtherTabs({ kind: "signed-in", user });
    window.close();
  }, [user]);
  if (me.error) {
    return (
      <Gate title="You are not signed in">
        <p>
          <Link to="/sign-in?next=%2Fsign-in%3Fback">Try again</Link>
        </p>
      </Gate>
    );
  }
  return <Gate title={me.data ? "You are signed in" : "One moment"}>{me.data && <p>Close this window: the other one goes on.</p>}</Gate>;
}
