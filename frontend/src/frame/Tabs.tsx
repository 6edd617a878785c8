import { NavLink } from "react-router";
import { addresses } from "@/addresses";
import { Icon, type IconName } from "@/kit";
import { UploadTab } from "@/upload";
import styles from "./Tabs.module.css";

/** The places on the phone. */
export function Tabs() {
  return (
    <nav className={styles.tabs} aria-label="Places">
      <Tab to="/" icon="folder" label="Files" />
      <Tab to={addresses.search()} icon="search" label="Search" />
      <UploadTab />
      <Tab to={addresses.status} icon="pulse" label="Sync status" />
      <Tab to={addresses.account} icon="user" label="Account" />
    </nav>
  );
}

function Tab({ to, icon, label }: { to: string; icon: IconName; label: string }) {
  return (
    <NavLink to={to}>
      <Icon name={icon} />
      {label}
    </NavLink>
  );
}
