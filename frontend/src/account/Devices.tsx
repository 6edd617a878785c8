import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "@/api/client";
import { keys } from "@/api/queries";
import type { DeviceItem } from "@/api/schema";
import { useAct } from "@/buckets/act";
import { Section } from "@/buckets/Section";
import { Button, Dialog, Field, Icon, IconButton, type IconName, Name, Problem, showToast, When } from "@/kit";
import { forget } from "@/live/leave";
import { tellOtherTabs } from "@/live/other_tabs";
import { Ask } from "./Ask";
import { textOf } from "./forms";
import { devicesQuery } from "./queries";
import styles from "./account.module.css";

const KINDS: Record<string, { icon: IconName; text: string }> = {
  browser: { icon: "laptop", text: "Page" },
  "command-line": { icon: "terminal", text: "Command line" },
  "sync-agent": { icon: "sync", text: "Folder sync" },
  application: { icon: "key", text: "Program" },
};

/** What one is signed in with. Tokens and keys stand in lists of their own. */
export function Devices() {
  const devices = useQuery(devicesQuery);
  const [isAsking, ask] = useState(false);
  const shown = devices.data?.filter((device) => device.kind in KINDS).sort((one, other) => Number(other.is_current) - Number(one.is_current));
  return (
    <Section title="Devices" hint="Every change says which of these made it.">
      {devices.error && <Problem>The devices cannot be shown. {devices.error.message}</Problem>}
      <ul className={styles.devices}>
        {shown?.map((device) => (
          <Device key={device.id} device={device} />
        ))}
      </ul>
      {shown && (
        <Button size="small" onClick={() => ask(true)}>
          Sign out everywhere
        </Button>
      )}
      {isAsking && <EverywhereDialog onClose={() => ask(false)} />}
    </Section>
  );
}

function Device({ device }: { device: DeviceItem }) {
  const client = useQueryClient();
  const { act, isBusy, problem } = useAct();
  const [isRenaming, rename] = useState(false);
  const id = `device-${device.id}`;
  const kind = KINDS[device.kind];
  const signOut = (): Promise<void> =>
    act(async () => {
      await api.DELETE("/api/v1/devices/{device_id}", { params: { path: { device_id: device.id } } });
      showToast({ text: "Signed out", name: device.name });
      await client.invalidateQueries({ queryKey: keys.devices });
    });
  return (
    <li className={styles.device}>
      <span className={styles.icon}>
        <Icon name={kind?.icon ?? "laptop"} />
      </span>
      <div className={styles.who}>
        <strong id={id}>
          <Name name={device.name} />
        </strong>
        {device.is_current && <span className={styles.pill}>this one</span>}
        <p className={styles.quiet}>
          {kind?.text} · {device.is_current || device.last_seen_at === null ? (device.is_current ? "here now" : "not used yet") : <When at={device.last_seen_at} />}
        </p>
        {problem && <Problem>{problem}</Problem>}
      </div>
      <IconButton icon="pencil" label="Rename" aria-describedby={id} onClick={() => rename(true)} />
      {!device.is_current && (
        <Button size="small" aria-describedby={id} disabled={isBusy} onClick={() => void signOut()}>
          Sign out
        </Button>
      )}
      {isRenaming && <RenameDialog device={device} onClose={() => rename(false)} />}
    </li>
  );
}

function RenameDialog({ device, onClose }: { device: DeviceItem; onClose: () => void }) {
  const client = useQueryClient();
  const { act, isBusy, problem } = useAct();
  const save = (name: string): Promise<void> =>
    act(async () => {
      await api.PATCH("/api/v1/devices/{device_id}", { params: { path: { device_id: device.id } }, body: { name } });
      await client.invalidateQueries({ queryKey: keys.devices });
      onClose();
    });
  return (
    <Dialog
      title="Rename device"
      onClose={onClose}
      foot={
        <Button type="submit" form="rename-device" look="primary" disabled={isBusy}>
          Rename
        </Button>
      }
    >
      <form
        id="rename-device"
        onSubmit={(event) => {
          event.preventDefault();
          void save(textOf(new FormData(event.currentTarget), "name"));
        }}
      >
        <Field label="Name" name="name" defaultValue={device.name} problem={problem} maxLength={200} required autoFocus />
      </form>
    </Dialog>
  );
}

function EverywhereDialog({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const [keepsThis, keepThis] = useState(true);
  const [keepsTokens, keepTokens] = useState(false);
  async function signOut() {
    await api.POST("/api/v1/auth/sign-out-everywhere", { body: { keep_this_session: keepsThis, keep_tokens: keepsTokens } });
    if (keepsThis) {
      showToast({ text: "Signed out everywhere else" });
      await client.invalidateQueries({ queryKey: keys.devices });
      await client.invalidateQueries({ queryKey: keys.tokens });
    } else {
      tellOtherTabs({ kind: "signed-out" });
      await forget(client);
    }
  }
  return (
    <Ask title="Sign out everywhere?" verb="Sign out everywhere" onClose={onClose} onYes={signOut}>
      <p>Every browser, device and program must sign in again. Uploads that run there stop.</p>
      <label className={styles.check}>
        <input type="checkbox" checked={keepsThis} onChange={(event) => keepThis(event.target.checked)} /> Stay signed in here
      </label>
      <label className={styles.check}>
        <input type="checkbox" checked={keepsTokens} onChange={(event) => keepTokens(event.target.checked)} /> Let tokens go on working
      </label>
    </Ask>
  );
}
