import { queryOptions } from "@tanstack/react-query";
import { api, held } from "@/api/client";
import { keys } from "@/api/queries";

interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

/** All pages of a list that people can count. */
async function all<T>(page: (cursor: { cursor?: string }) => Promise<Page<T>>): Promise<T[]> {
  const found: T[] = [];
  let cursor: string | null = null;
  do {
    const next: Page<T> = await page(cursor === null ? {} : { cursor });
    found.push(...next.items);
    cursor = next.next_cursor;
  } while (cursor !== null);
  return found;
}

const limit = 1000;

export const devicesQuery = queryOptions({ queryKey: keys.devices, queryFn: () => all((query) => held(api.GET("/api/v1/devices", { params: { query: { limit, ...query } } }))) });

export const tokensQuery = queryOptions({ queryKey: keys.tokens, queryFn: () => all((query) => held(api.GET("/api/v1/tokens", { params: { query: { limit, ...query } } }))) });

export const grantsQuery = queryOptions({ queryKey: ["grants"], queryFn: async () => (await held(api.GET("/api/v1/grants"))).items });

export const invitationsQuery = queryOptions({ queryKey: ["invitations"], queryFn: () => all((query) => held(api.GET("/api/v1/invitations", { params: { query: { limit, ...query } } }))) });
