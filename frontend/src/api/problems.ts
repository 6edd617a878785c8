/** Problems as the server tells them (RFC 9457), thrown. */

export interface ProblemDocument {
  type: string;
  title: string;
  status: number;
  detail?: string;
  [member: string]: unknown;
}

export class ApiProblem extends Error {
  readonly document: ProblemDocument;
  readonly retryAfterSeconds: number | null;

  constructor(document: ProblemDocument, retryAfterSeconds: number | null = null) {
    super(document.detail ?? document.title);
    this.name = "ApiProblem";
    this.document = document;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /** Which problem it is: the last part of its type, such as `version-conflict`. */
  get slug(): string {
    return this.document.type.slice(this.document.type.lastIndexOf(":") + 1);
  }

  /** 0 where the server cannot be reached. */
  get status(): number {
    return this.document.status;
  }

  /** Whether the same call may succeed later, with nobody doing anything. Where there is no room (507) somebody must make some. */
  get isPassing(): boolean {
    return this.status === 0 || this.status === 429 || (this.status >= 502 && this.status !== 507);
  }
}

export async function problemOf(answer: Response): Promise<ApiProblem> {
  const seconds = Number(answer.headers.get("Retry-After") ?? Number.NaN);
  const retryAfter = Number.isFinite(seconds) ? seconds : null;
  const isProblem = answer.headers.get("Content-Type")?.startsWith("application/problem+json") ?? false;
  const document: unknown = isProblem ? await answer.json().catch(() => null) : null;
  if (isDocument(document)) return new ApiProblem(document, retryAfter);
  return new ApiProblem({ type: "urn:cairn:problem:unknown", title: "The server answers what this page does not understand", status: answer.status }, retryAfter);
}

const isDocument = (value: unknown): value is ProblemDocument =>
  typeof value === "object" && value !== null && "type" in value && "title" in value && "status" in value;

export const isProblem = (error: unknown, slug: string): error is ApiProblem => error instanceof ApiProblem && error.slug === slug;
