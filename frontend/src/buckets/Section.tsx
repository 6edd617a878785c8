import { type ReactNode, useId } from "react";
import styles from "./Section.module.css";

/** One subject of a page of settings: what it is on the left, what can be done on the right. */
export function Section({ title, hint, children }: { title: string; hint?: ReactNode; children: ReactNode }) {
  const id = useId();
  return (
    <section className={styles.section} aria-labelledby={id}>
      <div>
        <h2 id={id}>{title}</h2>
        {hint && <p>{hint}</p>}
      </div>
      <div className={styles.body}>{children}</div>
    </section>
  );
}

export const Sections = ({ children }: { children: ReactNode }) => <div className={styles.sections}>{children}</div>;
