import { type KeyboardEvent, useState } from "react";
import { useMeasured } from "@/charts/measure";
import { Table } from "@/charts/Table";
import { counted, formatBytes, formatCount, formatExactBytes } from "@/kit/format";
import styles from "./ChunkMap.module.css";
import { type Cell, cellsOf, movedCell, type Part, type PartState, sumsOf } from "./parts";

const [CELL, GAP] = [0.7125, 0.1875]; // rem
const MOST_ROWS = 1000;

/** The parts of a file in order: solid only here, hatched shared, a cross missing. Hover or arrow keys read one. */
export function ChunkMap({ parts, total }: { parts: Part[]; total: number }) {
  const [box, { width, rem }] = useMeasured<HTMLDivElement>();
  const [read, setRead] = useState<number | null>(null);
  const cells = cellsOf(parts);
  const each = Math.ceil(parts.length / Math.max(1, cells.length));
  const step = (CELL + GAP) * rem;
  const columns = Math.max(1, Math.floor((width + GAP * rem) / step));
  const rows = Math.ceil(cells.length / columns);
  const seen = read === null ? undefined : cells[read];

  function onKey(event: KeyboardEvent) {
    const next = movedCell(event.key, read, cells.length, columns);
    if (next === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    setRead(next);
  }

  return (
    <div ref={box} className={styles.map}>
      <svg
        width={width}
        height={Math.max(0, rows * step - GAP * rem)}
        role="img"
        aria-label={sentenceOf(parts, total)}
        tabIndex={0}
        onKeyDown={onKey}
        onBlur={() => setRead(null)}
        onPointerLeave={() => setRead(null)}
        onPointerMove={(event) => {
          const frame = event.currentTarget.getBoundingClientRect();
          const [column, row] = [Math.floor((event.clientX - frame.left) / step), Math.floor((event.clientY - frame.top) / step)];
          const index = row * columns + column;
          setRead(column < columns && index >= 0 && index < cells.length ? index : null);
        }}
      >
        {cells.map((cell, index) => (
          <g key={cell.first} transform={`translate(${(index % columns) * step} ${Math.floor(index / columns) * step})`}>
            <CellMark state={cell.state} size={CELL * rem} />
            {index === read && <rect className={styles.ring} x="-1.5" y="-1.5" width={CELL * rem + 3} height={CELL * rem + 3} rx="4" />}
          </g>
        ))}
      </svg>
      <p className={styles.says} aria-live="polite">
        {seen ? wordsOf(seen, parts) : each > 1 ? `One cell is ${formatCount(each)} parts.` : ""}
      </p>
      <Legend parts={parts} />
      <Table
        caption={`Parts of this file${parts.length > MOST_ROWS ? `, the first ${formatCount(MOST_ROWS)}` : ""}`}
        columns={["Part", "Size", "Begins with", "Where"]}
        rows={parts.slice(0, MOST_ROWS).map((part) => ({ key: `${part.index}`, name: formatCount(part.index + 1), values: [formatExactBytes(part.size), part.id.slice(0, 8), whereOf(part)] }))}
      />
    </div>
  );
}

function CellMark({ state, size }: { state: PartState; size: number }) {
  const [low, high] = [size * 0.25, size * 0.75];
  if (state === "own") return <rect className={styles.own} width={size} height={size} rx="2.8" />;
  return (
    <>
      <rect className={styles[state]} x="0.5" y="0.5" width={size - 1} height={size - 1} rx="2.6" />
      <path className={state === "missing" ? styles.cross : styles.slash} d={state === "missing" ? `M${low} ${low}L${high} ${high}M${low} ${high}L${high} ${low}` : `M${low} ${high}L${high} ${low}`} />
    </>
  );
}

function Legend({ parts }: { parts: Part[] }) {
  const { counts, ownBytes, otherFiles, earlier } = sumsOf(parts);
  const sharers = [earlier ? "the version before" : "", otherFiles ? "other files of yours" : ""].filter(Boolean).join(" and ");
  return (
    <ul className={styles.legend}>
      {counts.missing > 0 && (
        <Line state="missing">
          <b>{formatCount(counts.missing)} missing or damaged</b>
        </Line>
      )}
      {counts.shared > 0 && (
        <Line state="shared">
          <b>{formatCount(counts.shared)} shared</b> with {sharers}
        </Line>
      )}
      {counts.own > 0 && (
        <Line state="own">
          <b>{formatCount(counts.own)} only here</b>, so this version took {formatBytes(ownBytes)}
        </Line>
      )}
    </ul>
  );
}

const Line = ({ state, children }: { state: PartState; children: React.ReactNode }) => (
  <li>
    <svg viewBox="0 0 12 12" aria-hidden="true">
      <CellMark state={state} size={12} />
    </svg>
    <span>{children}</span>
  </li>
);

function sentenceOf(parts: Part[], total: number): string {
  const { counts } = sumsOf(parts);
  const whole = parts.length < total ? `The first ${formatCount(parts.length)} of ${formatCount(total)} parts` : counted(total, "part");
  const missing = counts.missing > 0 ? `, ${formatCount(counts.missing)} are missing or damaged` : "";
  return `${whole} in order: ${formatCount(counts.shared)} are shared with the version before or other files, ${formatCount(counts.own)} are only in this version${missing}`;
}

function wordsOf(cell: Cell, parts: Part[]): string {
  const one = cell.first === cell.last ? parts[cell.first] : undefined;
  if (one) return `Part ${formatCount(one.index + 1)}: ${formatBytes(one.size)}, ${one.id.slice(0, 8)}, ${whereOf(one)}`;
  const counts = [[cell.counts.missing, "missing"], [cell.counts.shared, "shared"], [cell.counts.own, "only here"]] as const;
  const shares = counts.filter(([count]) => count > 0).map(([count, word]) => `${formatCount(count)} ${word}`);
  return `Parts ${formatCount(cell.first + 1)} to ${formatCount(cell.last + 1)}: ${formatBytes(cell.bytes)}, ${shares.join(", ")}`;
}

function whereOf(part: Part): string {
  if (part.state === "missing") return "missing or damaged";
  if (part.state === "own") return "only here";
  const others = part.otherFiles > 0 ? `in ${counted(part.otherFiles, "other file")} of yours` : "";
  return [part.isEarlier ? "in the version before" : "", others].filter(Boolean).join(", ");
}
