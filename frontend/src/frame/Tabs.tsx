import { useQuery } from "@tanstack/react-query";
import { NavLink } from "react-router";
import { addresses } from "@/addresses";
import { summaryQuery } from "@/api/queries";
import { Icon, type IconName } from "@/kit";
import { UploadTab } from "@/upload";
import styles from "./Tabs.module.css";

/** The places on the phone. */
export function Tabs() {
  const failed = useQuery(summaryQuery).data?.sentence.failed ?? 0;
  return (
    <nav className={styles.tabs} aria-label="Places">
      <Tab to="/" icon="folder" label="Files" />
      <Tab to={addresses.search()} icon="search" label="Search" />
      <UploadTab />
      <Tab to={addresses.status} icon="pulse" label="Sync status" isFlagged={failed > 0} />
      <Tab to={addresses.account} icon="user" label="Account" />
    </nav>
  );
}

function Tab({ to, icon, label, isFlagged = false }: { to: string; icon: IconName; label: string; isFlagged?: boolean }) {
  return (
    <NavLink to={to}>
      <Icon name={icon} />
      {isFlagged && <span className={styles.flag} title="Something needs you" />}
      {label}
    </NavLink>
  );
}
