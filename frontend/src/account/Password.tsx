import { useQueryClient } from "@tanstack/react-query";
import { type SubmitEvent, useRef, useState } from "react";
import { api } from "@/api/client";
import { ApiProblem } from "@/api/problems";
import { keys } from "@/api/queries";
import type { Me } from "@/api/schema";
import { Section } from "@/buckets/Section";
import { PasswordField } from "@/gate/PasswordField";
import { refusal } from "@/gate/words";
import { Button, Field, showToast } from "@/kit";
import styles from "./account.module.css";

type Problems = Partial<Record<"current" | "new", string>>;

/** Another password; whoever else is signed in with the old one is signed out. */
export function Password({ me }: { me: Me }) {
  const client = useQueryClient();
  const [problems, setProblems] = useState<Problems>({});
  const [isBusy, setBusy] = useState(false);
  const current = useRef<HTMLInputElement>(null);
  const next = useRef<HTMLInputElement>(null);
  async function change(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = event.currentTarget;
    setBusy(true);
    setProblems({});
    try {
      await api.POST("/api/v1/me/password", { body: { current_password: current.current?.value ?? "", new_password: next.current?.value ?? "", keep_others: false } });
      form.reset();
      showToast({ text: "Changed the password. All other devices are signed out" });
      await client.invalidateQueries({ queryKey: keys.devices });
    } catch (error) {
      const isNew = error instanceof ApiProblem && error.document["field"] === "new_password";
      const text = error instanceof ApiProblem && error.slug === "password-wrong" ? "This is not your password." : refusal(error);
      setProblems(isNew ? { new: text } : { current: text });
      (isNew ? next : current).current?.focus();
    } finally {
      setBusy(false);
    }
  }
  return (
    <Section title="Password" hint={`For ${me.email ?? "this account"}.`}>
      <form className={styles.narrow} onSubmit={(event) => void change(event)}>
        <input className="visually-hidden" type="email" name="email" autoComplete="username" value={me.email ?? ""} readOnly tabIndex={-1} aria-hidden="true" />
        <Field ref={current} label="Password now" name="current" type="password" autoComplete="current-password" problem={problems.current} required />
        <PasswordField ref={next} label="New password" name="new" autoComplete="new-password" hint="At least 8 characters. All other devices are signed out." problem={problems.new} required />
        <div>
          <Button type="submit" size="small" disabled={isBusy}>
            Change password
          </Button>
        </div>
      </form>
    </Section>
  );
}
