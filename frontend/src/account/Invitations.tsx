import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, held } from "@/api/client";
import { useAct } from "@/buckets/act";
import { Section } from "@/buckets/Section";
import { Button, Field, Problem, showToast, useNow } from "@/kit";
import { formatDay } from "@/kit/format";
import { textOf } from "./forms";
import { invitationsQuery } from "./queries";
import { Secret } from "./Secret";
import styles from "./account.module.css";

/** For administrators: links that make an account. */
export function Invitations() {
  const client = useQueryClient();
  const invitations = useQuery(invitationsQuery).data;
  const now = useNow();
  const { act, isBusy, problem } = useAct();
  const [link, show] = useState<string | null>(null);
  const again = (): Promise<void> => client.invalidateQueries({ queryKey: invitationsQuery.queryKey });
  const invite = (form: HTMLFormElement): Promise<void> =>
    act(async () => {
      const email = textOf(new FormData(form), "email").trim();
      const made = await held(api.POST("/api/v1/invitations", { body: { email: email === "" ? null : email } }));
      show(made.link);
      form.reset();
      await again();
    });
  const takeBack = (id: string): Promise<void> =>
    act(async () => {
      await api.DELETE("/api/v1/invitations/{invitation_id}", { params: { path: { invitation_id: id } } });
      showToast({ text: "Took the invitation back" });
      await again();
    });
  return (
    <Section title="Invitations" hint="A link for one account, good for a week.">
      {link !== null && <Secret text={link} label="Invitation" />}
      {invitations && invitations.length > 0 && (
        <ul className={styles.devices}>
        {invitations.map((one) => (
          <li key={one.id} className={styles.device}>
            <div className={styles.who}>
              <strong id={`invitation-${one.id}`}>{one.email ?? "Whoever has the link"}</strong>
              <p className={styles.quiet}>Ends {formatDay(new Date(one.expires_at), now)}</p>
            </div>
            <Button size="small" aria-describedby={`invitation-${one.id}`} disabled={isBusy} onClick={() => void takeBack(one.id)}>
              Take back
            </Button>
          </li>
        ))}
        </ul>
      )}
      <form
        className={styles.narrow}
        onSubmit={(event) => {
          event.preventDefault();
          void invite(event.currentTarget);
        }}
      >
        <Field label="For" name="email" type="email" autoComplete="off" hint="An e-mail address. Empty: whoever has the link." />
        {problem && <Problem>{problem}</Problem>}
        <div>
          <Button type="submit" size="small" icon="plus" disabled={isBusy}>
            New invitation
          </Button>
        </div>
      </form>
    </Section>
  );
}
