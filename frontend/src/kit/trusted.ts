/** The content policy (frontend/__init__.py) trusts one maker of script addresses, and this one makes only those of the page's own workers. */

interface ScriptAddresses {
  createScriptURL: (address: string) => string; // a TrustedScriptURL, which the standard types take for text
}

declare global {
  interface Window {
    trustedTypes?: { createPolicy: (name: string, rules: ScriptAddresses) => ScriptAddresses };
  }
}

const rules: ScriptAddresses = { createScriptURL: ownAddress };
const policy = window.trustedTypes?.createPolicy("cairn", rules) ?? rules;

/** Start a worker of the page. `address` comes from `import address from "./its.worker?worker&url"`, or `…mjs?url` of a library. */
export const startWorker = (address: string): Worker => new Worker(policy.createScriptURL(address), { type: "module" });

/** Raises TypeError for what is not one of the page's own built files. */
function ownAddress(address: string): string {
  const url = new URL(address, location.href);
  const isOwn = url.origin === location.origin && (import.meta.env.DEV || url.pathname.startsWith("/assets/"));
  if (!isOwn) throw new TypeError("The page starts no worker but its own");
  return url.href;
}
