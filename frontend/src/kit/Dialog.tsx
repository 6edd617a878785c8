import { type ReactNode, useCallback, useEffect, useId, useRef, useState } from "react";
import { IconButton } from "./Button";
import styles from "./Dialog.module.css";

interface DialogProps {
  title: ReactNode;
  onClose: () => void; // by Esc, the close button or a click beside it
  children: ReactNode;
  foot?: ReactNode; // what acts; the verb is the button
  wide?: boolean;
}

/**
 * A modal dialog: the browser's own, which keeps focus inside and gives it back to what opened it. Rendered means open.
 * Put autoFocus on the safest useful control.
 */
export function Dialog({ title, onClose, children, foot, wide = false }: DialogProps) {
  const dialog = useRef<HTMLDialogElement | null>(null);
  const id = useId();
  // What is inside comes once it is open: nothing in a closed dialog can take the focus by autoFocus.
  const [isOpen, setOpen] = useState(false);
  const open = useCallback((element: HTMLDialogElement) => {
    const opener = document.activeElement;
    dialog.current = element;
    if (!element.open) element.showModal();
    setOpen(true);
    return () => {
      element.close();
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
    };
  }, []);
  useEffect(() => {
    const element = dialog.current;
    if (isOpen && element && document.activeElement === element) element.querySelector("button")?.focus();
  }, [isOpen]);
  return (
    <dialog
      ref={open}
      className={[styles.dialog, wide ? styles.wide : ""].join(" ")}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onMouseDown={(event) => {
        if (event.target === dialog.current) onClose();
      }}
    >
      {isOpen && (
        <div className={styles.inner}>
          <header className={styles.head}>
            <h2 id={id}>{title}</h2>
            <IconButton icon="x" label="Close" onClick={onClose} />
          </header>
          <div className={styles.body}>{children}</div>
          {foot && <footer className={styles.foot}>{foot}</footer>}
        </div>
      )}
    </dialog>
  );
}
