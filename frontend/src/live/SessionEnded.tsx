import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, held } from "@/api/client";
import type { Me } from "@/api/schema";
import { sessionIsGood } from "@/api/session";
import { optionsQuery, outsideAddress } from "@/gate/options";
import { refusal } from "@/gate/words";
import { Button, Dialog, Field } from "@/kit";
import { tellOtherTabs } from "./other_tabs";
import styles from "./SessionEnded.module.css";

const FORM = "sign-in-again";

interface AgainProps {
  me: Me;
  onClose: () => void; // later: the page can still be read
}

/** Over the page, which stays as it is: whoever signs in again goes on where they were. */
export function SessionEnded({ me, onClose }: AgainProps) {
  return me.has_password ? <ByPassword me={me} onClose={onClose} /> : <Outside onClose={onClose} />;
}

const SAYS = "Your session has ended. What you were doing goes on as soon as you are signed in.";

/** In a window of its own, which tells this one when it is done (gate/ComeBack). */
function Outside({ onClose }: { onClose: () => void }) {
  const outside = useQuery(optionsQuery).data?.outside;
  const open = (): void => {
    if (outside) window.open(outsideAddress(outside.login_url, "/sign-in?back"), "cairn-sign-in", "popup,width=520,height=700");
  };
  return (
    <Dialog
      title="Sign in again"
      onClose={onClose}
      foot={
        <Button look="primary" disabled={!outside} onClick={open}>
          Sign in{outside ? ` with ${outside.name}` : ""}
        </Button>
      }
    >
      <p>{SAYS}</p>
    </Dialog>
  );
}

function ByPassword({ me, onClose }: AgainProps) {
  const [problem, setProblem] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  async function signIn(password: FormDataEntryValue | null) {
    setBusy(true);
    try {
      const body = { email: me.email ?? "", password: typeof password === "string" ? password : "" };
      const now = await held(api.POST("/api/v1/auth/login", { body }));
      tellOtherTabs({ kind: "signed-in", user: now.user_id });
      if (now.user_id === me.user_id) sessionIsGood();
      else location.reload();
    } catch (error) {
      setProblem(refusal(error).replace("E-mail or password", "The password"));
    } finally {
      setBusy(false);
    }
  }
  return (
    <Dialog
      title="Sign in again"
      onClose={onClose}
      foot={
        <Button type="submit" form={FORM} look="primary" disabled={isBusy}>
          Sign in
        </Button>
      }
    >
      <p>{SAYS}</p>
      <form
        id={FORM}
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          void signIn(new FormData(event.currentTarget).get("password"));
        }}
      >
        <Field label="E-mail" name="email" type="email" autoComplete="username" value={me.email ?? ""} readOnly />
        <Field label="Password" name="password" type="password" autoComplete="current-password" problem={problem} required autoFocus />
      </form>
    </Dialog>
  );
}
