import { type InputHTMLAttributes, type ReactNode, type Ref, useId } from "react";
import styles from "./Field.module.css";
import { Icon } from "./Icon";

interface FieldProps extends Omit<InputHTMLAttributes<HTMLInputElement>, "className"> {
  label: string;
  hint?: ReactNode;
  problem?: string | undefined; // stands beside the field, and is read with it
  ref?: Ref<HTMLInputElement>;
}

export function Field({ label, hint, problem, id, ...rest }: FieldProps) {
  const made = useId();
  const own = id ?? made;
  return (
    <div className={styles.field}>
      <label htmlFor={own}>{label}</label>
      <input
        id={own}
        className={styles.input}
        aria-invalid={problem ? true : undefined}
        aria-describedby={problem || hint ? `${own}-says` : undefined}
        {...rest}
      />
      <div id={`${own}-says`} className={styles.says}>
        {problem ? <Problem>{problem}</Problem> : hint && <p className={styles.hint}>{hint}</p>}
      </div>
    </div>
  );
}

/** What went wrong, where it went wrong. */
export function Problem({ children }: { children: ReactNode }) {
  return (
    <p className={styles.problem} role="alert">
      <Icon name="bad" small />
      <span>{children}</span>
    </p>
  );
}
