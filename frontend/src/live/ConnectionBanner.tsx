import { useEffect, useState } from "react";
import { Button, Icon } from "@/kit";
import { formatClock, formatWhen } from "@/kit/format";
import { useNow } from "@/kit/now";
import { putOff, useAsking } from "./asking";
import { type Connection, useConnection } from "./connection";
import styles from "./ConnectionBanner.module.css";

const PASSING_MILLISECONDS = 2000; // a server that starts again is back by then, and nobody needs to read of it

/** Says that what is on the page may be old, and as of when it is. */
export function ConnectionBanner() {
  const connection = useConnection();
  const now = useNow();
  const isAway = useLasting(connection.state === "server-away");
  const hasEnded = useAsking() === "banner";
  const says = connection.state === "offline" ? "You are offline." : isAway ? "The server does not answer." : null;
  return (
    <div role="status">
      {hasEnded && (
        <div className={styles.banner}>
          <Icon name="user" />
          <p>Your session has ended. What you see may be old.</p>
          <Button size="small" onClick={() => putOff(false)}>
            Sign in again
          </Button>
        </div>
      )}
      {says && !hasEnded && (
        <div className={styles.banner}>
          <Icon name="offline" />
          <p>
            {says} This is how it looked {lookedAt(connection, now)}. Uploads wait and go on by themselves.
          </p>
        </div>
      )}
    </div>
  );
}

/** "at 14:02", "yesterday, 18:12". */
function lookedAt({ since }: Connection, now: Date): string {
  const when = formatWhen(since, now.getTime() < since.getTime() ? since : now);
  return /^(now|\d+ minutes? ago)$/.test(when) ? `at ${formatClock(since)}` : when.replace(/^Today, /, "at ").replace(/^Y/, "y");
}

/** Whether `isSo` for some time already. */
function useLasting(isSo: boolean): boolean {
  const [lasts, setLasts] = useState(false);
  useEffect(() => {
    if (!isSo) return;
    const timer = setTimeout(() => setLasts(true), PASSING_MILLISECONDS);
    return () => {
      clearTimeout(timer);
      setLasts(false);
    };
  }, [isSo]);
  return lasts;
}
