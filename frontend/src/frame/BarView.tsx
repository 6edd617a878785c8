import { type ReactNode, useEffect, useRef } from "react";
import { useLocation } from "react-router";
import { ConnectionBanner } from "@/live/ConnectionBanner";
import styles from "./BarView.module.css";

interface BarViewProps {
  title: string;
  tools?: ReactNode; // at the right of the title
  children: ReactNode;
}

/** A view that is about no folder: its title in a bar, below it one column that scrolls. After navigation focus is on the title. */
export function BarView({ title, tools, children }: BarViewProps) {
  const h1 = useRef<HTMLHeadingElement>(null);
  const { pathname } = useLocation();
  useEffect(() => h1.current?.focus({ preventScroll: true }), [pathname]);
  return (
    <div className={styles.view}>
      <title>{`${title} · Cairn`}</title>
      <header className={styles.bar}>
        <h1 ref={h1} className={styles.title} tabIndex={-1}>
          {title}
        </h1>
        {tools}
      </header>
      <div className={styles.scroll} tabIndex={0} role="region" aria-label={title}>
        <div className={styles.above}>
          <ConnectionBanner />
        </div>
        <div className={styles.page}>{children}</div>
      </div>
    </div>
  );
}
