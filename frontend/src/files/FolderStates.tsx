import type { UseQueryResult } from "@tanstack/react-query";
import { type ReactNode, useEffect, useState } from "react";
import { Link } from "react-router";
import { ApiProblem } from "@/api/problems";
import { View } from "@/frame/View";
import { Blank, Button } from "@/kit";
import { counted } from "@/kit/format";
import styles from "./FileList.module.css";

const AGAIN_AFTER_SECONDS = 8;
const SKELETONS = 12;

/** Rows that are on their way: as high as they will be, at most one screen of them, quite still. */
export function Skeletons() {
  return (
    <div className={styles.list} aria-busy="true">
      <span className="visually-hidden" role="status">
        Loading
      </span>
      {Array.from({ length: SKELETONS }, (_, index) => (
        <div key={index} className={styles.row} aria-hidden="true">
          <span className={[styles.skeleton, styles.square].join(" ")} />
          <span className={styles.skeleton} />
        </div>
      ))}
    </div>
  );
}

/** An address that leads nowhere, or to what is somebody else's: the same is said of both. */
export function NoSuch({ what }: { what: "bucket" | "folder" }) {
  return (
    <View title="Not found" heading="Not found">
      <Blank title={`There is no such ${what}`}>
        The address may be mistyped, or it was moved or deleted. <Link to="/">Go to your files</Link>
      </Blank>
    </View>
  );
}

/** A view that cannot load: why, what that means for the files, and when it is tried again. */
export function Unreachable({ what, query }: { what: string; query: Pick<UseQueryResult, "error" | "refetch" | "isFetching"> }) {
  const [left, setLeft] = useState(AGAIN_AFTER_SECONDS);
  const { refetch, isFetching, error } = query;
  const isAgain = error instanceof ApiProblem ? error.isPassing : true;
  useEffect(() => {
    if (isFetching || !isAgain) return;
    const timer = setInterval(() => setLeft((seconds) => Math.max(0, seconds - 1)), 1000);
    return () => clearInterval(timer);
  }, [isFetching, isAgain]);
  useEffect(() => {
    if (left > 0 || isFetching) return;
    void refetch().finally(() => setLeft(AGAIN_AFTER_SECONDS));
  }, [left, isFetching, refetch]);
  return (
    <Blank
      title={`${what} cannot be shown`}
      alert
      acts={
        <>
          <Button look="primary" onClick={() => void refetch()}>
            Try again
          </Button>
          <Button onClick={() => void navigator.clipboard.writeText(detailsOf(error))}>Copy details</Button>
        </>
      }
    >
      {why(error)} Your files are not affected.{isAgain && <> {isFetching || left === 0 ? "Trying again now." : `Trying again in ${counted(left, "second")}.`}</>}
    </Blank>
  );
}

function why(error: unknown): ReactNode {
  if (!(error instanceof ApiProblem)) return "Something here went wrong.";
  if (error.status === 0) return navigator.onLine ? "The server cannot be reached." : "You are offline.";
  if (error.status === 429) return "These were too many requests at once.";
  return "The catalogue does not answer.";
}

function detailsOf(error: unknown): string {
  const told = error instanceof ApiProblem ? error.document : { error: String(error) };
  return JSON.stringify({ at: new Date().toISOString(), page: location.pathname, ...told }, null, 2);
}
