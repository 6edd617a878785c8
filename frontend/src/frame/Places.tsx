import { useQuery } from "@tanstack/react-query";
import { Link, NavLink } from "react-router";
import { addresses } from "@/addresses";
import { bucketsQuery, meQuery, summaryQuery } from "@/api/queries";
import { Icon, IconButton, type IconName, Mark, Name } from "@/kit";
import styles from "./Places.module.css";
import { StorageMeter } from "./StorageMeter";
import { switchTheme } from "./theme";

/** The places of the page: buckets, trash, sync status, and who is signed in. */
export function Places() {
  const me = useQuery(meQuery);
  const buckets = useQuery(bucketsQuery);
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
        <div className={styles.head}>Buckets</div>
        <ul>
          {buckets.data?.map((bucket) => (
            <li key={bucket.id}>
              <NavLink to={addresses.files(bucket.name)} data-drop-bucket={bucket.name} data-drop-prefix="">
                <Icon name="bucket" />
                <span className="clip">
                  <Name name={bucket.title || bucket.name} clip={false} />
                </span>
              </NavLink>
            </li>
          ))}
        </ul>
        <hr />
        <ul>
          <Place to={addresses.trash} icon="trash" label="Trash" />
          <Place to={addresses.status} icon="pulse" label="Sync status" count={failed} />
        </ul>
      </div>
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
