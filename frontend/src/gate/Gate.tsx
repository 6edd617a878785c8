import type { ReactNode } from "react";
import { Mark } from "@/kit";
import styles from "./Gate.module.css";
import { Scene } from "./Scene";

interface GateProps {
  title: string; // the heading, and of the browser's tab
  lead?: ReactNode; // below the heading
  children: ReactNode;
}

/** What somebody passes on their way in: a form on the left, the landscape on the right; on the phone above it. */
export function Gate({ title, lead, children }: GateProps) {
  return (
    <div className={styles.gate}>
      <title>{`${title} · Cairn`}</title>
      <main className={styles.side}>
        <p className={styles.brand}>
          <Mark /> Cairn
        </p>
        <div className={styles.middle}>
          <header>
            <h1 className={styles.heading}>{title}</h1>
            {lead && <p className={styles.lead}>{lead}</p>}
          </header>
          {children}
        </div>
      </main>
      <Scene />
    </div>
  );
}

/** Buttons below each other. */
export function Acts({ children }: { children: ReactNode }) {
  return <div className={styles.acts}>{children}</div>;
}

export function Hint({ children }: { children: ReactNode }) {
  return <p className={styles.hint}>{children}</p>;
}
