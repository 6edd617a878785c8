import { useMemo } from "react";
import { Mark } from "@/kit";
import { contours } from "./contours";
import styles from "./Scene.module.css";

/** What stands beside the form: the stones on their summit, and the way up to them. */
export function Scene() {
  const lines = useMemo(() => contours(), []);
  return (
    <div className={styles.scene} aria-hidden="true">
      <svg className={styles.land} viewBox="0 0 800 900" preserveAspectRatio="xMidYMid slice">
        <path d={lines.minor} />
        <path className={styles.major} d={lines.major} />
        <path className={styles.way} d="M560 925c-14-70 60-100 56-168s-96-66-104-126 44-78 8-128-62-22-70-62" />
        <svg x="384" y="322" width="131" height="131">
          <Mark size="whole" />
        </svg>
      </svg>
      <p className={styles.says}>
        A cairn is a stack of stones that shows the way back.
        <span>Every part of every file is checked when it arrives, and again every month.</span>
      </p>
    </div>
  );
}
