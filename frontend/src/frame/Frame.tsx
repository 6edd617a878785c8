import { useQuery } from "@tanstack/react-query";
import { Suspense } from "react";
import { Navigate, Outlet, useLocation } from "react-router";
import { addresses } from "@/addresses";
import { ApiProblem } from "@/api/problems";
import { meQuery } from "@/api/queries";
import { Live } from "@/live/Live";
import styles from "./Frame.module.css";
import { Places } from "./Places";
import { Tabs } from "./Tabs";

/** Places on the left, one sheet on the right; on the phone places at the bottom. Nobody is sent to the gate, and back afterwards. */
export function Frame() {
  const me = useQuery(meQuery);
  const location = useLocation();
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
    </div>
  );
}
