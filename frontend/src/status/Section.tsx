import { type ReactNode, useId } from "react";
import { Icon, type IconName } from "@/kit";
import { formatCount } from "@/kit/format";
import styles from "./status.module.css";

interface SectionProps {
  title: string;
  count?: number;
  end?: ReactNode; // at the right of the title
  children: ReactNode;
}

export function Section({ title, count, end, children }: SectionProps) {
  const id = useId();
  return (
    <section className={styles.section} aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {count !== undefined && <span className={styles.count}>{formatCount(count)}</span>}
        {end !== undefined && <span className={styles.end}>{end}</span>}
      </header>
      {children}
    </section>
  );
}

interface ItemProps {
  look: "bad" | "busy" | "wait" | "ok";
  what: ReactNode;
  why: ReactNode;
  age?: ReactNode;
  acts?: ReactNode;
}

/** One thing of a list: how it stands, what it is, why, since when, and what can be done. */
export function Item({ look, what, why, age, acts }: ItemProps) {
  const icon: IconName = look;
  return (
    <li className={[styles.item, styles[look]].join(" ")}>
      <Icon name={icon} />
      <div className={styles.text}>
        <p className={styles.what}>{what}</p>
        <p className={styles.why}>{why}</p>
      </div>
      {(age ?? acts) && (
        <div className={styles.tail}>
          {age && <span className={styles.age}>{age}</span>}
          {acts && <span className={styles.acts}>{acts}</span>}
        </div>
      )}
    </li>
  );
}

export const Items = ({ children }: { children: ReactNode }) => <ul className={styles.box}>{children}</ul>;
