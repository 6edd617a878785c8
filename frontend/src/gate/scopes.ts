import type { IconName } from "@/kit";

interface Told {
  icon: IconName;
  text: string;
}

const TOLD: Record<string, Told> = {
  files: { icon: "folder", text: "See and change your files" },
  "files:read": { icon: "folder", text: "See your files" },
  account: { icon: "user", text: "Change your account: its devices, tokens and password" },
  admin: { icon: "shield", text: "Do what an administrator may" },
  offline_access: { icon: "sync", text: "Stay connected until you end it under Account" },
};

const WHO: Told = { icon: "user", text: "Know who you are, and your e-mail address" };
const IDENTITY = new Set(["openid", "profile", "email"]);

/** What a program asks for, as people read it. What this page does not know is told by its name: nothing is hidden. */
export function asked(scopes: readonly string[]): Told[] {
  const rest = scopes.filter((scope) => !IDENTITY.has(scope) && !(scope === "files:read" && scopes.includes("files")));
  const order = Object.keys(TOLD);
  rest.sort((one, other) => order.indexOf(one) - order.indexOf(other));
  const told = rest.map((scope) => TOLD[scope] ?? ({ icon: "key", text: scope } satisfies Told));
  return scopes.some((scope) => IDENTITY.has(scope)) ? [...told, WHO] : told;
}
