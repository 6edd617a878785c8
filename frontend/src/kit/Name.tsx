import styles from "./Name.module.css";
import { type NamePart, nameParts, shownParts } from "./names";

const TAIL = 12;

/** A name of somebody's file: isolated, never markup; it loses its middle where it does not fit, and keeps its last characters. */
export function Name({ name, clip = true, parts = nameParts(name) }: { name: string; clip?: boolean; parts?: NamePart[] | undefined }) {
  const [head, tail] = clip ? split(parts) : [parts, []];
  return (
    <bdi className={clip ? styles.name : styles.whole} title={shownParts(parts)}>
      <span className={styles.head} dir="auto">
        <Parts parts={head} />
      </span>
      {tail.length > 0 && (
        <span className={styles.tail} dir="auto">
          <Parts parts={tail} />
        </span>
      )}
    </bdi>
  );
}

function Parts({ parts }: { parts: NamePart[] }) {
  return parts.map((part, index) =>
    part.kind === "text" ? (
      <span key={index}>{part.text}</span>
    ) : (
      <span key={index} className={styles.mark}>
        {part.code}
      </span>
    ),
  );
}

/** The last characters apart, so that the browser may cut what is before them. Right-to-left text stays whole: its end is on the left. */
function split(parts: NamePart[]): [NamePart[], NamePart[]] {
  const last = parts.at(-1);
  if (last?.kind !== "text" || /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]/.test(last.text)) return [parts, []];
  const characters = Array.from(last.text);
  if (characters.length <= 2 * TAIL) return [parts, []];
  const [head, tail] = [characters.slice(0, -TAIL).join(""), characters.slice(-TAIL).join("")];
  return [[...parts.slice(0, -1), { kind: "text", text: head }], [{ kind: "text", text: tail }]];
}
