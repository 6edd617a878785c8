import { QueryClient } from "@tanstack/react-query";
import { ApiProblem } from "./problems";

const TRIES = 3;

/** Reads are tried again only where that may help; what was loaded stays on the screen meanwhile. */
export const makeQueryClient = (): QueryClient =>
  new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 15_000,
        networkMode: "always",
        retry: (failures, error) => failures < TRIES && error instanceof ApiProblem && error.isPassing,
        retryDelay: (attempt, error) =>
          error instanceof ApiProblem && error.retryAfterSeconds !== null ? error.retryAfterSeconds * 1000 : Math.min(8000, 500 * 2 ** attempt),
      },
      mutations: { networkMode: "always" },
    },
  });
