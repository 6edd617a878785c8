import type { ButtonHTMLAttributes, Ref } from "react";
import styles from "./Button.module.css";
import { Icon, type IconName } from "./Icon";

type Attributes = Omit<ButtonHTMLAttributes<HTMLButtonElement>, "className"> & { ref?: Ref<HTMLButtonElement> };

interface ButtonProps extends Attributes {
  look?: "normal" | "primary" | "quiet" | "danger";
  size?: "normal" | "small";
  icon?: IconName;
  wide?: boolean;
}

/** A button with a word on it. At most one primary on a view. */
export function Button({ look = "normal", size = "normal", icon, wide = false, children, type = "button", ...rest }: ButtonProps) {
  const names = [styles.button, styles[look], size === "small" ? styles.small : "", wide ? styles.wide : ""];
  return (
    <button type={type} className={names.join(" ")} {...rest}>
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

interface IconButtonProps extends Attributes {
  icon: IconName;
  label: string; // its accessible name, and its tooltip
  size?: "normal" | "small";
}

/** A button that is an icon alone: it has a name and a tooltip. What it acts on goes into aria-describedby. */
export function IconButton({ icon, label, size = "normal", type = "button", ...rest }: IconButtonProps) {
  return (
    <button type={type} className={[styles.icon, size === "small" ? styles.tiny : ""].join(" ")} aria-label={label} title={label} {...rest}>
      <Icon name={icon} />
    </button>
  );
}
