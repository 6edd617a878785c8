import { ApiProblem } from "@/api/problems";
import { counted } from "@/kit/format";

/** Why somebody is not let in, as they read it. Throws what is no answer of the server. */
export function refusal(error: unknown): string {
  if (!(error instanceof ApiProblem)) throw error;
  if (error.slug === "sign-in-failed") return "E-mail or password is wrong.";
  if (error.status === 429) return `Too many tries. Try again in ${wait(error.retryAfterSeconds ?? 60)}.`;
  if (error.status === 0) return "The server does not answer. Try again in a moment.";
  return error.message;
}

/** Never shorter than it is. */
function wait(seconds: number): string {
  if (seconds > 5400) return counted(Math.ceil(seconds / 3600), "hour");
  return seconds > 45 ? counted(Math.ceil(seconds / 60), "minute") : counted(Math.max(1, Math.ceil(seconds)), "second");
}

/** Why signing in at `name`, the outside provider, has led back here; null where it has not. */
export function refusalElsewhere(problem: string | null, name: string): string | null {
  if (problem === null) return null;
  if (problem === "outside-refused") return `You were not let in with ${name}. Try another account, or ask who runs this server.`;
  if (problem === "outside-unavailable") return `${name} does not answer. Your files are not affected. Try again in a moment.`;
  return `Signing in with ${name} did not work. Nothing has changed. Start again here.`;
}
