import { useNavigate, useSearchParams } from "react-router";
import { addresses, refOf } from "@/addresses";
import type { BucketWire } from "@/api/schema";
import { useDensity } from "@/frame/density";
import { showKeyboard } from "@/frame/keyboard_help";
import { IconButton, Menu, type MenuEntry } from "@/kit";
import { useIsPhone } from "@/kit/media";
import styles from "./FolderTools.module.css";

interface FolderToolsProps {
  bucket: BucketWire;
  prefix: string;
  onNewFolder: (() => void) | null;
}

/** What stands at the right of the breadcrumb: on wide screens icons, on the phone one menu. */
export function FolderTools({ bucket, prefix, onNewFolder }: FolderToolsProps) {
  const [search, setSearch] = useSearchParams();
  const isOpen = search.has("details");
  const navigate = useNavigate();
  const [density, setDensity] = useDensity();
  const isPhone = useIsPhone();
  const toggle = (): void =>
    setSearch((before) => {
      const after = new URLSearchParams(before);
      if (isOpen) after.delete("details");
      else after.set("details", ""); // of what is selected, else of the folder
      return after;
    });
  const entries: MenuEntry[] = [
    ...(onNewFolder === null ? [] : [{ label: "New folder", icon: "folder-plus" as const, onSelect: onNewFolder }]),
    ...(isPhone ? [] : [{ label: density === "dense" ? "Roomy rows" : "Dense rows", onSelect: () => setDensity(density === "dense" ? "roomy" : "dense") }]),
    ...(prefix === "" ? [{ label: "Bucket settings", icon: "bucket" as const, onSelect: () => void navigate(addresses.settings(refOf(bucket))) }] : []),
  ];
  return (
    <div className={styles.tools}>
      <span className={styles.wide}>
        <IconButton icon="help" label="Keyboard" onClick={showKeyboard} />
        <IconButton icon="panel" label={isOpen ? "Hide details" : "Details"} aria-pressed={isOpen} onClick={toggle} />
      </span>
      {entries.length > 0 && <Menu trigger={<IconButton icon="more" label="More" />} entries={entries} />}
    </div>
  );
}
