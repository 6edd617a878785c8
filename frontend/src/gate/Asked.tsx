import { Icon } from "@/kit";
import styles from "./Gate.module.css";
import { asked } from "./scopes";

/** What a program may do once it is let in. */
export function Asked({ scopes }: { scopes: readonly string[] }) {
  return (
    <ul className={styles.ask} aria-label="It may">
      {asked(scopes).map((one) => (
        <li key={one.text}>
          <Icon name={one.icon} />
          <span>{one.text}</span>
        </li>
      ))}
    </ul>
  );
}
