import { type ReactNode, useState } from "react";
import { Section } from "@/buckets/Section";
import { useDensity } from "@/frame/density";
import { chooseTheme, keptTheme, type Theme } from "@/frame/theme";
import { Icon } from "@/kit";
import styles from "./account.module.css";

/** Colours and height of rows, kept on this device. */
export function Appearance() {
  const [theme, setTheme] = useState<Theme>(keptTheme);
  const [density, setDensity] = useDensity();
  const choose = (next: Theme): void => {
    chooseTheme(next);
    setTheme(next);
  };
  return (
    <Section title="Appearance" hint="Kept on this device.">
      <fieldset>
        <legend className={styles.legend}>Colours</legend>
        <div className={styles.segments}>
          <Choice name="theme" isChosen={theme === "system"} onChoose={() => choose("system")}>
            <Icon name="laptop" small /> As the system
          </Choice>
          <Choice name="theme" isChosen={theme === "light"} onChoose={() => choose("light")}>
            <Icon name="sun" small /> Light
          </Choice>
          <Choice name="theme" isChosen={theme === "dark"} onChoose={() => choose("dark")}>
            <Icon name="moon" small /> Dark
          </Choice>
        </div>
      </fieldset>
      <fieldset>
        <legend className={styles.legend}>Rows</legend>
        <div className={styles.segments}>
          <Choice name="rows" isChosen={density === "roomy"} onChoose={() => setDensity("roomy")}>
            Roomy
          </Choice>
          <Choice name="rows" isChosen={density === "dense"} onChoose={() => setDensity("dense")}>
            Dense
          </Choice>
        </div>
      </fieldset>
    </Section>
  );
}

function Choice({ name, isChosen, onChoose, children }: { name: string; isChosen: boolean; onChoose: () => void; children: ReactNode }) {
  return (
    <label>
      <input type="radio" name={name} checked={isChosen} onChange={onChoose} />
      <span>{children}</span>
    </label>
  );
}
