/** Keys as the reader's system calls them. */

export const isApple = /Mac|iPhone|iPad/.test(navigator.userAgent);

/** The key that makes a letter a command: ⌘ on Apple, else Ctrl. */
export const isCommand = (event: { ctrlKey: boolean; metaKey: boolean; altKey: boolean; shiftKey: boolean }): boolean =>
  (isApple ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey) && !event.altKey && !event.shiftKey;

const APPLE: Record<string, string> = { Ctrl: "⌘", Alt: "⌥", Shift: "⇧", Del: "⌫", Enter: "↩" };

/** "Ctrl X" as the reader's keyboard has it. */
export const keysShown = (keys: string): string => (isApple ? keys.split(" ").map((key) => APPLE[key] ?? key).join("") : keys);

/** Whether keys go into something that is written, or to a dialog or menu, and are no commands of the view. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof Element)) return false;
  return target.closest('input:not([type="checkbox"]), textarea, select, [contenteditable], [role="menu"], dialog') !== null;
}
