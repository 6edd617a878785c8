import createClient from "openapi-fetch";
import { takeEarly } from "./early";
import { ApiProblem, problemOf } from "./problems";
import type { paths } from "./schema";
import { sessionHasEnded, sessionNumber, sessionRenewed, sessionState } from "./session";

/** The API, typed by its own specification. Every answer that is not 2xx, and every lost connection, is thrown as an ApiProblem. */
export const api = createClient<paths>({
  baseUrl: "",
  credentials: "same-origin",
  // `fetch` is looked up at each call, so that tests may stand in its place.
  fetch: async (request: Request) => {
    const answer = await reach(request);
    if (!answer.ok) throw await problemOf(answer);
    return answer;
  },
});

/** What a 2xx answer holds; for calls whose answer is never empty. */
export async function held<T>(call: Promise<{ data?: T }>): Promise<T> {
  const { data } = await call;
  if (data === undefined) throw new ApiProblem({ status: 502, type: "urn:cairn:problem:no-answer", title: "The server sent nothing" });
  return data;
}

/**
 * `fetch` where the server cannot be reached throws an ApiProblem of status 0; an abort stays what it is.
 * What is refused because the session has ended is sent once more when somebody has signed in again.
 */
export async function reach(request: Request | string, init?: RequestInit): Promise<Response> {
  const again = request instanceof Request ? request.clone() : request;
  const asked = sessionNumber();
  const answer = await sent(request, init);
  if (answer.status !== 401 || sessionState() === "none" || isSigningIn(request)) return answer;
  sessionHasEnded(asked);
  const signal = init?.signal ?? (request instanceof Request ? request.signal : null);
  return (await sessionRenewed(signal)) ? sent(again, init) : answer;
}

async function sent(request: Request | string, init?: RequestInit): Promise<Response> {
  try {
    return await (takeEarly(request) ?? fetch(request, init));
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiProblem({ status: 0, type: "urn:cairn:problem:unreachable", title: "The server cannot be reached" });
  }
}

/** There a refusal is about what was typed. */
const isSigningIn = (request: Request | string): boolean =>
  new URL(typeof request === "string" ? request : request.url, location.href).pathname === "/api/v1/auth/login";

/** `path` as part of an address: every segment by itself, so that no name is taken for syntax. */
export const inAddress = (path: string): string => path.split("/").map(encodeURIComponent).join("/");
