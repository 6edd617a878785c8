import * as Dropdown from "@radix-ui/react-dropdown-menu";
import type { ReactNode } from "react";
import { Icon, type IconName } from "./Icon";
import styles from "./Menu.module.css";

export interface MenuAction {
  label: string;
  icon?: IconName;
  keys?: string; // as shown; the view handles the key itself
  danger?: boolean;
  disabled?: boolean;
  onSelect: () => void;
}

export type MenuEntry = MenuAction | "line";

/** A menu behind `trigger`, which is a button. Not modal: the content policy forbids the style that would lock scrolling. */
export function Menu({ trigger, entries, onOpenChange }: { trigger: ReactNode; entries: MenuEntry[]; onOpenChange?: (open: boolean) => void }) {
  return (
    <Dropdown.Root modal={false} {...(onOpenChange ? { onOpenChange } : {})}>
      <Dropdown.Trigger asChild>{trigger}</Dropdown.Trigger>
      <Dropdown.Portal container={document.getElementById("sheet")}>
        <Dropdown.Content className={styles.menu} align="end" sideOffset={4} collisionPadding={8}>
          <Items entries={entries} />
        </Dropdown.Content>
      </Dropdown.Portal>
    </Dropdown.Root>
  );
}

interface MenuAtProps {
  label: string; // its accessible name
  at: { x: number; y: number }; // in the window
  entries: MenuEntry[];
  onClose: () => void;
  onClosed?: () => void; // focus is free: put it where it belongs
}

/** An open menu at a point of the window: of a right click, or of a key. Rendered means open. */
export function MenuAt({ label, at, entries, onClose, onClosed }: MenuAtProps) {
  return (
    <Dropdown.Root modal={false} open onOpenChange={(open) => !open && onClose()}>
      <Dropdown.Trigger asChild>
        <span className={styles.point} style={{ left: at.x, top: at.y }} aria-hidden="true" tabIndex={-1} />
      </Dropdown.Trigger>
      <Dropdown.Portal container={document.getElementById("sheet")}>
        <Dropdown.Content
          className={styles.menu}
          align="start"
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
        <MenuLabel entry={entry} />
      </Dropdown.Item>
    ),
  );
}

export function MenuLabel({ entry }: { entry: MenuAction }) {
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
