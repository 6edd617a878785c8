import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { Link, NavLink } from "react-router";
import { addresses } from "@/addresses";
import { bucketsQuery, meQuery, summaryQuery } from "@/api/queries";
import { Icon, IconButton, type IconName, Mark } from "@/kit";
import { BucketPlace } from "./BucketPlace";
import styles from "./Places.module.css";
import { StorageMeter } from "./StorageMeter";
import { switchTheme } from "./theme";
import { useIsPhone } from "@/kit/media";

const NewBucketDialog = lazy(() => import("@/files/NewBucketDialog"));

/** The places of the page: buckets, trash, sync status, and who is signed in. */
export function Places() {
  const me = useQuery(meQuery);
  const buckets = useQuery(bucketsQuery);
  const isPhone = useIsPhone();
  const [isMaking, make] = useState(false);
  const failed = useQuery(summaryQuery).data?.sentence.failed ?? 0;
  return (
    <nav className={styles.side} aria-label="Places">
      <Link className={styles.brand} to="/">
        <Mark /> Cairn
      </Link>
      <Link className={styles.find} to={addresses.search()}>
        <Icon name="search" />
        <span className="grow">Search</span>
        <kbd aria-hidden="true">/</kbd>
      </Link>
      <div className={styles.nav}>
        <div className={styles.head}>
          <span id="places-buckets">Buckets</span>
          {buckets.data && buckets.data.length > 0 && !isPhone && <IconButton icon="plus" size="small" label="New bucket" onClick={() => make(true)} />}
        </div>
        <ul aria-labelledby="places-buckets">
          {buckets.data?.map((bucket) => (
            <BucketPlace key={bucket.id} bucket={bucket} />
          ))}
          {buckets.data?.length === 0 && <li className={styles.none}>None yet</li>}
        </ul>
        <hr />
        <ul>
          <Place to={addresses.trash} icon="trash" label="Trash" />
          <Place to={addresses.status} icon="pulse" label="Sync status" count={failed} />
        </ul>
      </div>
      <Suspense>{isMaking && <NewBucketDialog onClose={() => make(false)} />}</Suspense>
      <div className={styles.foot}>
        <StorageMeter />
        <div className={styles.me}>
          <Link className="grow" to={addresses.account}>
            <span className={styles.face} aria-hidden="true">
              {(me.data?.email ?? "?").slice(0, 2).toUpperCase()}
            </span>
            <span className="clip">{me.data?.email ?? "Account"}</span>
          </Link>
          <IconButton icon="theme" label="Switch theme" onClick={switchTheme} />
        </div>
      </div>
    </nav>
  );
}

function Place({ to, icon, label, count = 0 }: { to: string; icon: IconName; label: string; count?: number }) {
  return (
    <li>
      <NavLink to={to}>
        <Icon name={icon} />
        <span className="grow">{label}</span>
      </NavLink>
      {count > 0 && (
        <span className={styles.badge} title={`${count} need you`}>
          <Icon name="bad" small />
          {count}
        </span>
      )}
    </li>
  );
}
