import { type ComponentProps, useState } from "react";
import { Field } from "@/kit";
import styles from "./Gate.module.css";

/** A password that can be looked at while it is typed. */
export function PasswordField(props: Omit<ComponentProps<typeof Field>, "type">) {
  const [isShown, show] = useState(false);
  return (
    <div className={styles.password}>
      <Field {...props} type={isShown ? "text" : "password"} autoCapitalize="none" spellCheck={false} />
      <button type="button" className={styles.show} aria-pressed={isShown} onClick={() => show(!isShown)}>
        Show
      </button>
    </div>
  );
}
