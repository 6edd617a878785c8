import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "@/api/client";
import { keys } from "@/api/queries";
import type { GrantItem } from "@/api/schema";
import { Section } from "@/buckets/Section";
import { asked } from "@/gate/scopes";
import { Button, Icon, Name, showToast, When } from "@/kit";
import { Ask } from "./Ask";
import { grantsQuery } from "./queries";
import styles from "./account.module.css";

/** Programs of others that one has let in; nothing where there are none. */
export function Programs() {
  const grants = useQuery(grantsQuery).data;
  if (!grants || grants.length === 0) return null;
  return (
    <Section title="Programs" hint="What you have let in.">
      <ul className={styles.devices}>
        {grants.map((grant) => (
          <Program key={grant.client.id} grant={grant} />
        ))}
      </ul>
    </Section>
  );
}

function Program({ grant }: { grant: GrantItem }) {
  const client = useQueryClient();
  const [isAsking, ask] = useState(false);
  const id = `program-${grant.client.id}`;
  async function end() {
    await api.DELETE("/api/v1/grants/{client}", { params: { path: { client: grant.client.id } } });
    showToast({ text: "Ended the access of", name: grant.client.name });
    await client.invalidateQueries({ queryKey: grantsQuery.queryKey });
    await client.invalidateQueries({ queryKey: keys.devices });
  }
  return (
    <li className={styles.device}>
      <span className={styles.icon}>
        <Icon name="key" />
      </span>
      <div className={styles.who}>
        <strong id={id}>
          <Name name={grant.client.name} />
        </strong>
        <p className={styles.quiet}>
          {asked(grant.scopes)
            .map((one) => one.text)
            .join(" · ")}{" "}
          · since <When at={grant.given_at} />
        </p>
      </div>
      <Button size="small" aria-describedby={id} onClick={() => ask(true)}>
        End access
      </Button>
      {isAsking && (
        <Ask title="End its access?" verb="End access" onClose={() => ask(false)} onYes={end}>
          <p>
            <Name name={grant.client.name} clip={false} /> is signed out at once, and must ask again.
          </p>
        </Ask>
      )}
    </li>
  );
}
