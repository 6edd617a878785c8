import { queryOptions } from "@tanstack/react-query";
import { api, held } from "@/api/client";

/** How people sign in here, and who may make an account. */
export const optionsQuery = queryOptions({ queryKey: ["auth", "options"], queryFn: () => held(api.GET("/api/v1/auth/options")), staleTime: 60_000 });

/** The outside provider's page, which comes back to `next`. */
export const outsideAddress = (loginUrl: string, next: string): string => `${loginUrl}${loginUrl.includes("?") ? "&" : "?"}next=${encodeURIComponent(next)}`;
