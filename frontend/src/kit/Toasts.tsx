import { useEffect, useState } from "react";
import { Name } from "./Name";
import { closeToast, undoNewest, useToast } from "./toast";
import styles from "./Toasts.module.css";

const SHOWN_MILLISECONDS = 8_000;

/** The place of the one toast: it stays while it is hovered or focused. */
export function Toasts() {
  const toast = useToast();
  const [held, hold] = useState(false);
  useEffect(() => {
    if (!toast || held) return;
    const timer = setTimeout(closeToast, SHOWN_MILLISECONDS);
    return () => clearTimeout(timer);
  }, [toast, held]);
  return (
    <div role="status" aria-live="polite">
      {toast && (
        <div
          key={toast.id}
          className={styles.toast}
          onMouseEnter={() => hold(true)}
          onMouseLeave={() => hold(false)}
          onFocus={() => hold(true)}
          onBlur={() => hold(false)}
        >
          <span>
            {toast.text}
            {toast.name !== undefined && (
              <>
                {" "}
                <Name name={toast.name} />
              </>
            )}
            {toast.into !== undefined && (
              <>
                {" to "}
                <Name name={toast.into} />
              </>
            )}
          </span>
          {toast.undo && (
            <button type="button" onClick={undoNewest}>
              Undo
            </button>
          )}
        </div>
      )}
    </div>
  );
}
