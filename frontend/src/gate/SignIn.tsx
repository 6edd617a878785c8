import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type SubmitEvent, useEffect, useRef, useState } from "react";
import { useLocation, useNavigate, useSearchParams } from "react-router";
import { Button, Field, Problem } from "@/kit";
import { enter } from "./enter";
import { Acts, Gate } from "./Gate";
import styles from "./Gate.module.css";
import { wayOn } from "./next";
import { optionsQuery, outsideAddress } from "./options";
import { ComeBack } from "./ComeBack";
import { refusal, refusalElsewhere } from "./words";

/** What another view of the gate hands on, such as who has just made an account. */
export interface Handed {
  email?: string;
  notice?: string;
}

export default function SignIn() {
  const [search] = useSearchParams();
  if (search.has("back")) return <ComeBack />;
  return <SignInForm next={search.get("next")} problem={search.get("problem")} />;
}

function SignInForm({ next, problem }: { next: string | null; problem: string | null }) {
  const { data: options, isPending } = useQuery(optionsQuery);
  const outside = options?.outside;
  const hasPasswords = options?.passwords ?? true;
  const way = wayOn(next);
  const refused = isPending ? null : refusalElsewhere(problem, outside?.name ?? "the other sign-in");
  return (
    <Gate title="Sign in" lead={location.host}>
      {refused !== null && <Problem>{refused}</Problem>}
      {hasPasswords && <PasswordForm next={next} mayCreate={options?.registration === "open"} />}
      {hasPasswords && outside && <p className={styles.or}>or</p>}
      {outside && (
        <a className={styles.link} href={outsideAddress(outside.login_url, way.to)}>
          Sign in with {outside.name}
        </a>
      )}
    </Gate>
  );
}

function PasswordForm({ next, mayCreate }: { next: string | null; mayCreate: boolean }) {
  const handed = (useLocation().state as Handed | null) ?? {};
  const [problem, setProblem] = useState<string | undefined>(handed.notice);
  const [isBusy, setBusy] = useState(false);
  const email = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);
  const client = useQueryClient();
  const navigate = useNavigate();
  // A password manager may have filled the first already.
  useEffect(() => (email.current?.value ? password : email).current?.focus(), []);
  async function signIn(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    setBusy(true);
    try {
      await enter(client, { email: email.current?.value.trim() ?? "", password: password.current?.value ?? "" });
      const way = wayOn(next);
      if (way.isServer) location.assign(way.to);
      else void navigate(way.to, { replace: true });
    } catch (error) {
      setProblem(refusal(error));
      setBusy(false);
      password.current?.select();
      password.current?.focus();
    }
  }
  return (
    <form className={styles.form} onSubmit={(event) => void signIn(event)}>
      {problem && <Problem>{problem}</Problem>}
      <Field ref={email} label="E-mail" name="email" type="email" inputMode="email" autoComplete="username" defaultValue={handed.email} required />
      <Field ref={password} label="Password" name="password" type="password" autoComplete="current-password" aria-invalid={problem ? true : undefined} required />
      <Acts>
        <Button type="submit" look="primary" wide disabled={isBusy}>
          Sign in
        </Button>
        {mayCreate && (
          <Button wide onClick={() => void navigate(next === null ? "/create" : `/create?next=${encodeURIComponent(next)}`)}>
            Create account
          </Button>
        )}
      </Acts>
    </form>
  );
}
