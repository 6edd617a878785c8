import { type QueryClient, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useLayoutEffect, useMemo } from "react";
import { useNavigate } from "react-router";
import { addresses } from "@/addresses";
import { keys, meQuery } from "@/api/queries";
import type { BucketWire } from "@/api/schema";
import { onLeaving } from "@/live/leave";
import { choose, registerChooser, targetOfChoice } from "./chooser";
import { DropOverlay } from "./DropOverlay";
import type { Surroundings } from "./engine";
import type { Target } from "./job";
import { NameQuestion } from "./NameQuestion";
import { pastedFrom } from "./pasting";
import { currentTarget } from "./target";
import { Tray } from "./Tray";
import { changed, engine, show, useUploads } from "./uploads";
import { type Source, sourcesIn, sourcesOf } from "./walk";

const REFRESH_MILLISECONDS = 500;
const REST = 2; // times as long as asking took: a long list must not keep the server from what is sent

/** All of uploading that stands on every view: the tray, what a drag shows, questions about names, choosers, pasting. */
export function Uploads() {
  const user = useQuery(meQuery).data?.user_id;
  const { question, others, tray } = useUploads();
  const navigate = useNavigate();
  const surroundings = useSurroundings();
  useEffect(() => {
    if (user) void engine.begin(user, surroundings);
  }, [user, surroundings]);
  useEffect(() => onLeaving(() => engine.end()), []);
  usePasting();
  useUploadKey();
  useLeaveWarning(tray.isActive);
  return (
    <>
      <input ref={chooseFiles} type="file" multiple hidden aria-label="Files to upload" onChange={(event) => chosen(event.currentTarget)} />
      <input ref={chooseFolder} type="file" hidden aria-label="Folder to upload" onChange={(event) => chosen(event.currentTarget)} />
      <DropOverlay onOpen={(target) => void navigate(addresses.files(target.bucket, target.prefix))} onDrop={(target, data) => add(target, sourcesIn(data))} />
      <Tray />
      {question && <NameQuestion key={`${question.group} ${question.task.path}`} question={question} others={others} />}
    </>
  );
}

function add(target: Target, sources: Source[]): void {
  if (sources.length === 0) return;
  engine.add(target, sources);
  show();
}

const chooseFiles = registerChooser("file");
const registerFolder = registerChooser("folder");

const chooseFolder = (input: HTMLInputElement | null): void => {
  if (input) input.webkitdirectory = true; // React knows no such attribute.
  registerFolder(input);
};

function chosen(input: HTMLInputElement): void {
  const target = targetOfChoice();
  const sources = sourcesOf(Array.from(input.files ?? []));
  input.value = ""; // Choosing the same file again is a choice, too.
  add(target ?? { bucket: "", prefix: "" }, sources);
}

function useSurroundings(): Surroundings {
  const client = useQueryClient();
  return useMemo(() => ({ changed, choose, stored: refreshing(client) }), [client]);
}

/** Folders in which something has arrived are asked for again: at once, and twice a second at most while more comes. */
function refreshing(client: QueryClient): Surroundings["stored"] {
  const waiting = new Set<string>();
  let isResting = false;
  const refresh = async (): Promise<void> => {
    if (isResting || waiting.size === 0) return;
    isResting = true;
    const old = [...waiting].flatMap((bucket) => ["files", "folders"].map((what) => [...keys.bucket(bucket), what]));
    waiting.clear();
    const began = Date.now();
    await Promise.all(old.map((queryKey) => client.invalidateQueries({ queryKey })));
    const rest = Math.max(REFRESH_MILLISECONDS, REST * (Date.now() - began));
    setTimeout(() => {
      isResting = false;
      void refresh();
    }, rest);
  };
  return (bucket: BucketWire) => {
    waiting.add(bucket.id).add(bucket.name);
    void refresh();
  };
}

function usePasting(): void {
  useLayoutEffect(() => {
    const paste = (event: ClipboardEvent): void => {
      const target = currentTarget();
      const sources = target && event.clipboardData ? pastedFrom(event.clipboardData, event.target, new Date()) : [];
      if (!target || sources.length === 0) return;
      event.preventDefault();
      add(target, sources);
    };
    addEventListener("paste", paste);
    return () => removeEventListener("paste", paste);
  }, []);
}

/** Alt U. By the key's place: with Alt, Apple's keyboards write something else. */
function useUploadKey(): void {
  useLayoutEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      if (!event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.code !== "KeyU" || !currentTarget()) return;
      event.preventDefault();
      choose("file");
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, []);
}

function useLeaveWarning(isActive: boolean): void {
  useEffect(() => {
    if (!isActive) return;
    const warn = (event: BeforeUnloadEvent): void => {
      if (engine.jobs.some((job) => job.isActive)) event.preventDefault();
    };
    addEventListener("beforeunload", warn);
    return () => removeEventListener("beforeunload", warn);
  }, [isActive]);
}
