import { type ButtonHTMLAttributes, cloneElement, lazy, type ReactElement, Suspense, useState } from "react";
import type { IconName } from "./Icon";
import type { OpenMenuProps } from "./OpenMenu";

// What opens a menu stands in every view; what an open one needs is a good part of the whole page.
const OpenMenu = lazy(() => import("./OpenMenu"));

export interface MenuAction {
  label: string;
  icon?: IconName;
  keys?: string; // as shown; the view handles the key itself
  danger?: boolean;
  disabled?: boolean;
  onSelect: () => void;
}

export type MenuEntry = MenuAction | "line";

interface MenuProps {
  trigger: ReactElement<ButtonHTMLAttributes<HTMLButtonElement>>;
  entries: MenuEntry[];
}

/** A menu behind `trigger`, which is a button. */
export function Menu({ trigger, entries }: MenuProps) {
  const [opened, open] = useState<Opened | null>(null);
  const [wasOpen, press] = useState(false); // An open menu closes at the press, and is not to open again at the click.
  return (
    <>
      {cloneElement(trigger, {
        "aria-haspopup": "menu",
        "aria-expanded": opened !== null,
        onPointerDown: () => press(opened !== null),
        onClick: (event) => {
          if (!wasOpen) open(below(event.currentTarget));
          press(false);
        },
        onKeyDown: (event) => {
          if (event.key !== "ArrowDown") return;
          event.preventDefault();
          open(below(event.currentTarget));
        },
      })}
      {opened && (
        <MenuAt
          label={opened.button.ariaLabel ?? opened.button.textContent}
          at={opened.at}
          align="end"
          entries={entries}
          onClose={() => open(null)}
          onClosed={() => focusUnlessTaken(opened.button)}
        />
      )}
    </>
  );
}

interface Opened {
  button: HTMLElement;
  at: { x: number; y: number };
}

function below(button: HTMLElement): Opened {
  const box = button.getBoundingClientRect();
  return { button, at: { x: box.right, y: box.bottom + 4 } };
}

/** What was chosen may have opened a dialog, or a field, which has the focus then. */
function focusUnlessTaken(button: HTMLElement): void {
  const focused = document.activeElement;
  if (!focused || focused === document.body || focused.closest("[role=menu]")) button.focus();
}

/** An open menu at a point of the window: of a right click, or of a key. Rendered means open. */
export const MenuAt = (props: OpenMenuProps) => (
  <Suspense>
    <OpenMenu {...props} />
  </Suspense>
);
