import * as Dropdown from "@radix-ui/react-dropdown-menu";
import { Icon } from "./Icon";
import type { MenuAction, MenuEntry } from "./Menu";
import styles from "./Menu.module.css";

export interface OpenMenuProps {
  label: string; // its accessible name
  at: { x: number; y: number }; // in the window
  align?: "start" | "end"; // which of its corners is there
  entries: MenuEntry[];
  onClose: () => void;
  onClosed?: () => void; // focus is free: put it where it belongs
}

/** An open menu at a point of the window. Not modal: the content policy forbids the style that would lock scrolling. */
export default function OpenMenu({ label, at, align = "start", entries, onClose, onClosed }: OpenMenuProps) {
  return (
    <Dropdown.Root modal={false} open onOpenChange={(open) => !open && onClose()}>
      <Dropdown.Trigger asChild>
        <span className={styles.point} style={{ left: at.x, top: at.y }} aria-hidden="true" tabIndex={-1} />
      </Dropdown.Trigger>
      <Dropdown.Portal container={document.getElementById("sheet")}>
        <Dropdown.Content
          className={styles.menu}
          align={align}
          collisionPadding={8}
          aria-label={label}
          aria-labelledby={undefined}
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            onClosed?.();
          }}
        >
          <Items entries={entries} />
        </Dropdown.Content>
      </Dropdown.Portal>
    </Dropdown.Root>
  );
}

function Items({ entries }: { entries: MenuEntry[] }) {
  return entries.map((entry, index) =>
    entry === "line" ? (
      <Dropdown.Separator key={index} className={styles.line} />
    ) : (
      <Dropdown.Item
        key={entry.label}
        className={[styles.item, entry.danger ? styles.danger : ""].join(" ")}
        disabled={entry.disabled ?? false}
        onSelect={entry.onSelect}
      >
        <Label entry={entry} />
      </Dropdown.Item>
    ),
  );
}

function Label({ entry }: { entry: MenuAction }) {
  return (
    <>
      {entry.icon ? <Icon name={entry.icon} /> : <span className={styles.gap} />}
      <span className={styles.label}>{entry.label}</span>
      {entry.keys && (
        <kbd className={styles.keys} aria-hidden="true">
          {entry.keys}
        </kbd>
      )}
    </>
  );
}
