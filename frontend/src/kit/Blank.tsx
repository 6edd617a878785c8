import type { ReactNode } from "react";
import styles from "./Blank.module.css";
import { Mark } from "./Mark";

/** The middle of a view that has nothing to show: what that means, and what to do. */
export function Blank({ title, children, acts, alert = false }: { title: string; children?: ReactNode; acts?: ReactNode; alert?: boolean }) {
  return (
    <div className={styles.blank} role={alert ? "alert" : undefined}>
      <Mark size="large" state={alert ? "bad" : "accent"} />
      <h2>{title}</h2>
      {children && <p>{children}</p>}
      {acts && <div className={styles.acts}>{acts}</div>}
    </div>
  );
}
