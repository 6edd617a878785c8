import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, held } from "@/api/client";
import { keys } from "@/api/queries";
import type { TokenItem } from "@/api/schema";
import { useAct } from "@/buckets/act";
import { Section } from "@/buckets/Section";
import { Button, Dialog, Field, Name, Problem, showToast, useNow, When } from "@/kit";
import { formatDay } from "@/kit/format";
import { Ask } from "./Ask";
import { textOf } from "./forms";
import { devicesQuery, tokensQuery } from "./queries";
import { Secret } from "./Secret";
import styles from "./account.module.css";

const DAY = 86_400_000;
const SCOPES: Record<string, string> = { files: "see and change files", "files:read": "see files", account: "change the account", admin: "administer" };

/** Credentials for programs that use the API as this person. */
export function Tokens() {
  const tokens = useQuery(tokensQuery);
  const [isMaking, make] = useState(false);
  const [made, show] = useState<string | null>(null);
  return (
    <Section title="Tokens" hint="For programs that use the API as you.">
      {made !== null && <Secret text={made} label="New token" />}
      {tokens.error && <Problem>The tokens cannot be shown. {tokens.error.message}</Problem>}
      {tokens.data && tokens.data.length > 0 && <Table tokens={tokens.data} />}
      {tokens.data?.length === 0 && made === null && <p className={styles.quiet}>None yet.</p>}
      <Button size="small" icon="plus" onClick={() => make(true)}>
        New token
      </Button>
      {isMaking && <MakeDialog onClose={() => make(false)} onMade={show} />}
    </Section>
  );
}

function Table({ tokens }: { tokens: TokenItem[] }) {
  return (
    <table className={styles.table}>
      <caption className="visually-hidden">Tokens</caption>
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col" className={styles.optional}>
            May
          </th>
          <th scope="col">Last used</th>
          <th scope="col" className={styles.optional}>
            Ends
          </th>
          <th scope="col">
            <span className="visually-hidden">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {tokens.map((token) => (
          <Row key={token.id} token={token} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ token }: { token: TokenItem }) {
  const client = useQueryClient();
  const now = useNow();
  const [isAsking, ask] = useState(false);
  const id = `token-${token.id}`;
  async function revoke() {
    await api.DELETE("/api/v1/tokens/{token_id}", { params: { path: { token_id: token.id } } });
    showToast({ text: "Revoked", name: token.name });
    await client.invalidateQueries({ queryKey: keys.tokens });
  }
  return (
    <tr>
      <td id={id} className={styles.strong}>
        <Name name={token.name} clip={false} />
      </td>
      <td className={styles.optional}>{token.scopes.map((scope) => SCOPES[scope] ?? scope).join(", ")}</td>
      <td className={styles.when}>{token.last_used_at === null ? "never" : <When at={token.last_used_at} />}</td>
      <td className={[styles.when, styles.optional].join(" ")}>{token.expires_at === null ? "never" : formatDay(new Date(token.expires_at), now)}</td>
      <td className={styles.last}>
        <Button size="small" aria-describedby={id} onClick={() => ask(true)}>
          Revoke
        </Button>
        {isAsking && (
          <Ask title="Revoke this token?" verb="Revoke" onClose={() => ask(false)} onYes={revoke}>
            <p>
              <Name name={token.name} clip={false} /> stops working at once, and for good.
            </p>
          </Ask>
        )}
      </td>
    </tr>
  );
}

function MakeDialog({ onClose, onMade }: { onClose: () => void; onMade: (token: string) => void }) {
  const client = useQueryClient();
  const { act, isBusy, problem } = useAct();
  const make = (form: FormData): Promise<void> =>
    act(async () => {
      const days = Number(textOf(form, "days"));
      const expires_at = days > 0 ? new Date(Date.now() + days * DAY).toISOString() : null;
      const { token } = await held(api.POST("/api/v1/tokens", { body: { name: textOf(form, "name"), scopes: [textOf(form, "scope")], expires_at } }));
      onMade(token);
      onClose();
      await client.invalidateQueries({ queryKey: tokensQuery.queryKey });
      await client.invalidateQueries({ queryKey: devicesQuery.queryKey });
    });
  return (
    <Dialog
      title="New token"
      onClose={onClose}
      foot={
        <Button type="submit" form="new-token" look="primary" disabled={isBusy}>
          Make token
        </Button>
      }
    >
      <form
        id="new-token"
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          void make(new FormData(event.currentTarget));
        }}
      >
        <Field label="Name" name="name" hint="What will use it." problem={problem} maxLength={200} required autoFocus />
        <label className={styles.choice}>
          It may
          <select name="scope" defaultValue="files">
            <option value="files">See and change files</option>
            <option value="files:read">See files</option>
            <option value="account">Change the account</option>
          </select>
        </label>
        <label className={styles.choice}>
          It ends
          <select name="days" defaultValue="90">
            <option value="30">In 30 days</option>
            <option value="90">In 90 days</option>
            <option value="365">In a year</option>
            <option value="0">Never</option>
          </select>
        </label>
      </form>
    </Dialog>
  );
}
