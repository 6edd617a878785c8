import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { Navigate, Outlet, useLocation } from "react-router";
import { addresses } from "@/addresses";
import { ApiProblem } from "@/api/problems";
import { meQuery } from "@/api/queries";
import { Live } from "@/live/Live";
import { Uploads } from "@/upload";
import styles from "./Frame.module.css";
import { hideKeyboard, useKeyboardShown } from "./keyboard_help";
import { Places } from "./Places";
import { Tabs } from "./Tabs";
import { useShortcuts } from "./useShortcuts";

const KeyboardDialog = lazy(() => import("./KeyboardDialog"));

/** Places on the left, one sheet on the right; on the phone places at the bottom. Nobody is sent to the gate, and back afterwards. */
export function Frame() {
  const me = useQuery(meQuery);
  const location = useLocation();
  const isKeyboardShown = useKeyboardShown();
  useShortcuts();
  if (me.error instanceof ApiProblem && me.error.status === 401 && !me.data) {
    return <Navigate to={addresses.signIn(location.pathname + location.search)} replace />;
  }
  return (
    <div className={styles.app}>
      <a className={styles.skip} href="#sheet">
        Skip to content
      </a>
      <Places />
      <main className={styles.sheet} id="sheet" tabIndex={-1}>
        <Suspense>
          <Outlet />
        </Suspense>
      </main>
      <Tabs />
      <Live />
      <Suspense>{isKeyboardShown && <KeyboardDialog onClose={hideKeyboard} />}</Suspense>
      <Uploads />
    </div>
  );
}
