/** What is asked about one file, or one folder, once its details are open. */

import { queryOptions } from "@tanstack/react-query";
import { api, held } from "@/api/client";
import { keys } from "@/api/queries";
import type { FileWire, FolderFactsWire, ListedChunkWire } from "@/api/schema";

const PAGE = 1000;
export const MOST_PARTS = 10_000; // of which the map is drawn; of a larger file its beginning
export const MOST_VERSIONS = 1000;

export const fileQuery = (bucket: string, file: string) =>
  queryOptions({
    queryKey: keys.file(bucket, file),
    queryFn: ({ signal }) => held(api.GET("/api/v1/files/{file_id}", { params: { path: { file_id: file } }, signal })),
  });

export interface Versions {
  items: FileWire[]; // newest first; delete markers among them
  hasMore: boolean;
}

export const versionsQuery = (bucket: string, file: string) =>
  queryOptions({
    queryKey: keys.versions(bucket, file),
    queryFn: async ({ signal }): Promise<Versions> => {
      const params = { path: { file_id: file }, query: { limit: MOST_VERSIONS } };
      const page = await held(api.GET("/api/v1/files/{file_id}/versions", { params, signal }));
      return { items: page.items, hasMore: page.next_cursor !== null };
    },
  });

/** The parts of one version, in order, at most MOST_PARTS; they never change, but who else has them does. */
export const partsQuery = (bucket: string, file: string, version: string) =>
  queryOptions({
    queryKey: [...keys.file(bucket, file), "parts", version],
    queryFn: async ({ signal }): Promise<ListedChunkWire[]> => {
      const found: ListedChunkWire[] = [];
      let cursor: string | null = null;
      do {
        const query: { version: string; include: string; limit: number; cursor?: string } = { version, include: "sharing", limit: PAGE, ...(cursor === null ? {} : { cursor }) };
        const page: { items: ListedChunkWire[]; next_cursor: string | null } = await held(api.GET("/api/v1/files/{file_id}/chunks", { params: { path: { file_id: file }, query }, signal }));
        found.push(...page.items);
        cursor = page.next_cursor;
      } while (cursor !== null && found.length < MOST_PARTS);
      return found;
    },
  });

/** The ids of this person's parts that are missing or damaged. */
export const wantedQuery = queryOptions({
  queryKey: ["sync", "wanted"],
  queryFn: async ({ signal }): Promise<ReadonlySet<string>> => {
    const found = await held(api.GET("/api/v1/sync/wanted", { params: { query: { limit: PAGE } }, signal }));
    return new Set(found.items.map((part) => part.id));
  },
});

export const folderQuery = (bucket: string, prefix: string) =>
  queryOptions({
    queryKey: [...keys.folders(bucket, prefix), "facts"],
    queryFn: async ({ signal }): Promise<FolderFactsWire | null> => {
      const { items } = await held(api.GET("/api/v1/buckets/{bucket}/folders", { params: { path: { bucket }, query: { prefix: [prefix] } }, signal }));
      return items[0] ?? null;
    },
  });

/** Every device that has made a change, signed out ones too, by id. */
export const devicesQuery = queryOptions({
  queryKey: [...keys.devices, "all"],
  staleTime: 300_000,
  queryFn: async ({ signal }): Promise<ReadonlyMap<string, string>> => {
    const { items } = await held(api.GET("/api/v1/devices", { params: { query: { include: "revoked", limit: PAGE } }, signal }));
    return new Map(items.map((device) => [device.id, device.is_current ? "this page" : device.name]));
  },
});
