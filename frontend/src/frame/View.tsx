import { type ReactNode, type RefObject, useEffect, useRef } from "react";
import { useLocation } from "react-router";
import { ConnectionBanner } from "@/live/ConnectionBanner";
import styles from "./View.module.css";

interface ViewProps {
  title: string; // of the browser's tab, as plain text
  heading: ReactNode;
  facts?: ReactNode; // one line below the heading
  crumbs?: ReactNode;
  tools?: ReactNode; // icons at the right of the breadcrumb
  acts?: ReactNode; // buttons at the right of the heading, one primary at most
  below?: ReactNode; // between the heading and what scrolls
  aside?: ReactNode; // a column beside it all: the details
  scroller?: RefObject<HTMLDivElement | null>; // what scrolls
  children: ReactNode;
}

/** What every view has: breadcrumb, heading, one line of facts, what acts, and a middle that scrolls. After navigation focus is on the heading. */
export function View({ title, heading, facts, crumbs, tools, acts, below, aside, scroller, children }: ViewProps) {
  const h1 = useRef<HTMLHeadingElement>(null);
  const { pathname } = useLocation();
  useEffect(() => {
    // A field that asks for the focus by itself has it already.
    if (!h1.current?.closest("main")?.contains(document.activeElement) || document.activeElement?.id === "sheet") h1.current?.focus({ preventScroll: true });
  }, [pathname]);
  return (
    <div className={styles.view}>
      <title>{`${title} · Cairn`}</title>
      <div className={styles.column}>
        {(crumbs ?? tools) && (
          <div className={styles.top}>
            <div className={styles.way}>{crumbs}</div>
            {tools}
          </div>
        )}
        <header className={styles.title}>
          <div className="grow">
            <h1 ref={h1} tabIndex={-1}>
              {heading}
            </h1>
            {facts && <p className={styles.facts}>{facts}</p>}
          </div>
          {acts && <div className={styles.acts}>{acts}</div>}
        </header>
        <ConnectionBanner />
        {below}
        <div ref={scroller} className={styles.scroll}>
          {children}
        </div>
      </div>
      {aside}
    </div>
  );
}
