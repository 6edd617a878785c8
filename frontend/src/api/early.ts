/** Requests that the page begins with, on their way before the page itself is there. Each answer is taken once. */

const asked = new Map<string, Promise<Response>>();
const OLD_MILLISECONDS = 10_000; // of the page: what nobody has taken by then is not true any more

/** `address`: path and query, exactly as the page will ask. */
export function askEarly(address: string): void {
  const answer = fetch(address, { credentials: "same-origin" });
  answer.catch(() => undefined); // Told to who takes it.
  asked.set(new URL(address, location.href).href, answer);
}

/** Whether answers are waiting, or on their way. */
export const isEarly = (): boolean => asked.size > 0;

/** The answer to what was asked early, if this request asks the same. */
export function takeEarly(request: Request | string): Promise<Response> | undefined {
  if (asked.size === 0 || typeof request === "string" || request.method !== "GET") return undefined;
  const answer = asked.get(request.url);
  asked.delete(request.url);
  return performance.now() < OLD_MILLISECONDS ? answer : undefined;
}
