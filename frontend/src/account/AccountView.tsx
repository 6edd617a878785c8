import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { meQuery } from "@/api/queries";
import { useAct } from "@/buckets/act";
import { BarView } from "@/frame/BarView";
import { Button, Problem } from "@/kit";
import { counted } from "@/kit/format";
import { signOut } from "@/live/leave";
import { unfinished } from "@/upload";
import { Appearance } from "./Appearance";
import { Ask } from "./Ask";
import { Devices } from "./Devices";
import { Invitations } from "./Invitations";
import { Password } from "./Password";
import { Programs } from "./Programs";
import { Storage } from "./Storage";
import { Tokens } from "./Tokens";
import styles from "./account.module.css";

/** Who is signed in, with what, and how it looks for them. */
export default function AccountView() {
  const client = useQueryClient();
  const me = useQuery(meQuery).data;
  const { act, isBusy, problem } = useAct();
  const [open, ask] = useState(0);
  const leave = (
    <Button look="quiet" size="small" disabled={isBusy} onClick={() => (unfinished() > 0 ? ask(unfinished()) : void act(() => signOut(client)))}>
      Sign out
    </Button>
  );
  return (
    <BarView title="Account" tools={leave}>
      {problem && <Problem>{problem}</Problem>}
      {open > 0 && (
        <Ask title="Sign out?" verb="Sign out" onClose={() => ask(0)} onYes={() => signOut(client)}>
          <p>{open === 1 ? "One upload is" : `${counted(open, "upload")} are`} not finished. This browser forgets what it was: choose the files again after you have signed in.</p>
        </Ask>
      )}
      {me && (
        <div className={styles.account}>
          <p className={styles.me}>
            {me.email ?? "This account"}
            {me.is_admin && <span className={styles.pill}>administrator</span>}
            {me.issuer !== null && <span className={styles.from}>signs in at {new URL(me.issuer).host}</span>}
          </p>
          <Storage />
          <Devices />
          <Programs />
          <Tokens />
          {me.is_admin && me.scopes.includes("admin") && <Invitations />}
          <Appearance />
          {me.has_password && <Password me={me} />}
        </div>
      )}
    </BarView>
  );
}
