import { useState } from "react";
import { Button } from "@/kit";
import styles from "./account.module.css";

/** Something that is shown this once, to be copied. */
export function Secret({ text, label }: { text: string; label: string }) {
  const [says, say] = useState("");
  async function copy() {
    try {
      await navigator.clipboard.writeText(text);
      say("Copied");
    } catch {
      // On plain http, or where the reader forbids it, there is no clipboard for a page.
      say("Select it and copy it by hand");
    }
  }
  return (
    <div className={styles.once}>
      <strong>Copy it now. It is not shown again.</strong>
      <div className={styles.code}>
        <output aria-label={label} tabIndex={0}>
          {text}
        </output>
        <Button size="small" icon="copy" onClick={() => void copy()}>
          Copy
        </Button>
      </div>
      <p role="status" className={styles.quiet}>
        {says}
      </p>
    </div>
  );
}
