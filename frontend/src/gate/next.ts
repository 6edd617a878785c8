/** Where signing in leads: a view of the page, or the question of a program that has sent somebody here. Never another site. */

const AUTHORIZE = "/oauth/authorize?";

export interface Way {
  to: string;
  isServer: boolean; // answered by the server, not a view of the page
}

export function wayOn(next: string | null): Way {
  if (next === null || !next.startsWith("/") || /^\/[/\\]/.test(next) || /[\t\r\n]/.test(next)) return { to: "/", isServer: false };
  if (next.startsWith(AUTHORIZE)) return { to: next, isServer: true };
  // What else the server has is no place to be after signing in.
  return { to: /^\/(api|oauth|\.well-known)(\/|$)/.test(next) ? "/" : next, isServer: false };
}
