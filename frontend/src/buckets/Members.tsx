import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { api } from "@/api/client";
import { keys, meQuery } from "@/api/queries";
import type { BucketWire, MemberWire } from "@/api/schema";
import { Button, Field, Problem, showToast } from "@/kit";
import { useAct } from "./act";
import styles from "./Buckets.module.css";
import { membersQuery } from "./queries";
import { Section } from "./Section";

type Role = "editor" | "viewer";

const ROLES: Record<string, string> = { owner: "Owner: everything", editor: "Editor: sees and changes files", viewer: "Viewer: sees files" };

/** Who may see or change the files of a bucket. The server knows people by their ids here, and tells no e-mail of others. */
export function Members({ bucket }: { bucket: BucketWire }) {
  const members = useQuery(membersQuery(bucket.id));
  const me = useQuery(meQuery).data;
  const client = useQueryClient();
  const { act, isBusy, problem } = useAct();
  const [user, setUser] = useState("");
  const [role, setRole] = useState<Role>("editor");

  async function put(id: string, as: Role): Promise<void> {
    await api.PUT("/api/v1/buckets/{bucket}/members/{user_id}", { params: { path: { bucket: bucket.id, user_id: id } }, body: { role: as } });
    await client.invalidateQueries({ queryKey: [...keys.bucket(bucket.id), "members"] });
  }

  async function remove(id: string): Promise<void> {
    await api.DELETE("/api/v1/buckets/{bucket}/members/{user_id}", { params: { path: { bucket: bucket.id, user_id: id } } });
    await client.invalidateQueries({ queryKey: [...keys.bucket(bucket.id), "members"] });
  }

  const drop = ({ user_id: id, role: was }: MemberWire): Promise<void> =>
    act(async () => {
      await remove(id);
      showToast({ text: "Removed a member", undo: () => act(() => put(id, was === "viewer" ? "viewer" : "editor")) });
    });

  return (
    <Section title="Members" hint="Who else sees this bucket among their own.">
      <ul className={styles.list}>
        {members.data?.map((member) => (
          <Member key={member.user_id} member={member} isMe={member.user_id === me?.user_id} isBusy={isBusy} onRemove={() => void drop(member)} />
        ))}
      </ul>
      <form
        className={styles.row}
        onSubmit={(event) => {
          event.preventDefault();
          void act(async () => {
            await put(user.trim(), role);
            setUser("");
          });
        }}
      >
        <Field label="Account id" value={user} required spellCheck={false} autoComplete="off" onChange={(event) => setUser(event.currentTarget.value)} />
        <label className={styles.label}>
          May
          <select className={styles.select} value={role} onChange={(event) => setRole(event.currentTarget.value === "viewer" ? "viewer" : "editor")}>
            <option value="editor">see and change files</option>
            <option value="viewer">see files</option>
          </select>
        </label>
        <Button type="submit" disabled={isBusy}>
          Add member
        </Button>
      </form>
      {me && (
        <p className={styles.quiet}>
          Whom you add tells you their id: they find it here, in the settings of a bucket of their own. Yours is <span className={styles.code}>{me.user_id}</span>
        </p>
      )}
      {problem && <Problem>{problem}</Problem>}
    </Section>
  );
}

function Member({ member, isMe, isBusy, onRemove }: { member: MemberWire; isMe: boolean; isBusy: boolean; onRemove: () => void }) {
  const id = useId();
  return (
    <li>
      <span className="grow" id={id}>
        {isMe ? "You" : <span className={styles.code}>{member.user_id}</span>}
        <span className={styles.sub}>{ROLES[member.role] ?? member.role}</span>
      </span>
      {member.role !== "owner" && (
        <Button size="small" disabled={isBusy} aria-describedby={id} onClick={onRemove}>
          Remove
        </Button>
      )}
    </li>
  );
}
