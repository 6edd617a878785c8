import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, held } from "@/api/client";
import { ApiProblem, isProblem } from "@/api/problems";
import { bucketChanged, keys } from "@/api/queries";
import type { FileChangesWire, FileRecordWire } from "@/api/schema";
import { showToast } from "@/kit";

type Words = Pick<FileChangesWire, "tags" | "description">;

/** Changes what is said of a file, only if nobody has changed the file since it was read; what was before is one click away. */
export function useDescribe(bucket: string, record: FileRecordWire) {
  const client = useQueryClient();
  const [problem, setProblem] = useState<string>();

  async function send(changes: Words, etag: string): Promise<string> {
    const answer = await held(
      api.PATCH("/api/v1/files/{file_id}", { params: { path: { file_id: record.file_id }, header: { "if-match": `"${etag}"` } }, body: changes }),
    );
    client.setQueryData<FileRecordWire>(keys.file(bucket, record.file_id), (before) => before && { ...before, ...answer });
    void bucketChanged(client, bucket);
    return answer.etag;
  }

  async function takeBack(before: Words, etag: string): Promise<void> {
    try {
      await send(before, etag);
    } catch (error) {
      setProblem(reasonOf(error));
    }
  }

  async function describe(changes: Words, before: Words, told: string): Promise<boolean> {
    const key = keys.file(bucket, record.file_id);
    setProblem(undefined);
    await client.cancelQueries({ queryKey: key, exact: true });
    client.setQueryData<FileRecordWire>(key, (old) => old && { ...old, ...shownAs(changes) });
    try {
      const etag = await send(changes, record.etag);
      showToast({ text: told, undo: () => takeBack(before, etag) });
      return true;
    } catch (error) {
      client.setQueryData<FileRecordWire>(key, (old) => old && { ...old, ...shownAs(before) });
      setProblem(reasonOf(error));
      return false;
    }
  }

  return { describe, problem };
}

const shownAs = (words: Words): Partial<FileRecordWire> => ({
  ...(words.tags ? { tags: words.tags } : {}),
  ...(typeof words.description === "string" ? { description: words.description } : {}),
});

function reasonOf(error: unknown): string {
  if (isProblem(error, "precondition-failed")) return "Someone else has just changed this file. Look again before you change it.";
  return error instanceof ApiProblem ? error.message : "It could not be changed.";
}
