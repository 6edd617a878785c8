import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type SubmitEvent, useEffect, useRef, useState } from "react";
import { useLocation, useNavigate, useSearchParams } from "react-router";
import { addresses } from "@/addresses";
import { api } from "@/api/client";
import { ApiProblem } from "@/api/problems";
import { Button, Field, Problem } from "@/kit";
import { enter } from "./enter";
import { Acts, Gate } from "./Gate";
import styles from "./Gate.module.css";
import { wayOn } from "./next";
import { optionsQuery } from "./options";
import { PasswordField } from "./PasswordField";
import type { Handed } from "./SignIn";
import { refusal } from "./words";

const SHORTEST = 8;

export default function CreateAccount() {
  const options = useQuery(optionsQuery).data;
  const navigate = useNavigate();
  const invitation = new URLSearchParams(useLocation().hash.slice(1)).get("invitation");
  const isShut = options !== undefined && (options.registration === "closed" || !options.passwords || (options.registration === "invited" && invitation === null));
  if (!isShut) return <CreateForm invitation={invitation} />;
  return (
    <Gate title="Create account" lead={location.host}>
      <p>{options.registration === "invited" ? "Accounts are made by invitation here. Ask who runs this server for a link." : "Nobody can make an account here. Ask who runs this server."}</p>
      <Acts>
        <Button wide onClick={() => void navigate(addresses.signIn())}>
          I have an account
        </Button>
      </Acts>
    </Gate>
  );
}

interface Said {
  field?: unknown; // which one it is about
  text?: string;
}

function CreateForm({ invitation }: { invitation: string | null }) {
  const [said, say] = useState<Said>({});
  const [isBusy, setBusy] = useState(false);
  const email = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);
  const client = useQueryClient();
  const navigate = useNavigate();
  const [search] = useSearchParams();
  const next = search.get("next");
  useEffect(() => email.current?.focus(), []);
  async function create(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    const body = { email: email.current?.value.trim() ?? "", password: password.current?.value ?? "" };
    setBusy(true);
    try {
      await api.POST("/api/v1/register", { body: { ...body, invitation } });
    } catch (error) {
      const field = error instanceof ApiProblem ? error.document["field"] : undefined;
      say({ field, text: refusal(error) });
      (field === "email" ? email : password).current?.focus();
      setBusy(false);
      return;
    }
    const handed: Handed = { email: body.email };
    try {
      await enter(client, body);
      const way = wayOn(next);
      if (way.isServer) location.assign(way.to);
      else void navigate(way.to, { replace: true });
    } catch (error) {
      // Whether somebody has the address already is told to nobody: who does, signs in.
      const notice = error instanceof ApiProblem && error.slug === "sign-in-failed" ? "Sign in. If you had an account before, with its password." : refusal(error);
      void navigate(addresses.signIn(next ?? undefined), { replace: true, state: { ...handed, notice } satisfies Handed });
    }
  }
  const about = (field: string): string | undefined => (said.field === field ? said.text : undefined);
  const isAboutField = said.field === "email" || said.field === "password";
  return (
    <Gate title="Create account" lead={location.host}>
      <form className={styles.form} onSubmit={(event) => void create(event)}>
        {said.text && !isAboutField && <Problem>{said.text}</Problem>}
        <Field ref={email} label="E-mail" name="email" type="email" inputMode="email" autoComplete="username" problem={about("email")} required />
        <PasswordField
          ref={password}
          label="Password"
          name="password"
          autoComplete="new-password"
          hint={`At least ${SHORTEST} characters. A few words in a row are fine.`}
          problem={about("password")}
          required
        />
        <Acts>
          <Button type="submit" look="primary" wide disabled={isBusy}>
            Create account
          </Button>
          <Button look="quiet" wide onClick={() => void navigate(addresses.signIn(next ?? undefined))}>
            I have an account
          </Button>
        </Acts>
      </form>
    </Gate>
  );
}
