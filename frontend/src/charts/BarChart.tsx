import { formatCount, formatWhen } from "@/kit/format";
import { useNow } from "@/kit/now";
import styles from "./charts.module.css";
import { type Field, Plot } from "./Plot";
import { ticksUpTo } from "./scale";
import { Table } from "./Table";

export interface BarPart {
  name: string; // as after its count: "12 verified"
  value: number;
  look: "main" | "healed" | "failed"; // a bar from zero, a strip above it, a triangle on top
}

export interface Bar {
  at: string; // RFC 3339, when it begins
  parts: BarPart[] | null; // null: not known; every other bar has the same parts in the same order
}

interface BarChartProps {
  bars: Bar[];
  sentence: string; // the accessible name: what the chart shows
  height?: number;
  format?: (value: number) => string;
}

const TRIANGLE = 12; // pixels; a failure is never smaller

/** Counts by hour or day. What is rare stands above its bar in a size that can be seen, whatever the scale. */
export function BarChart({ bars, sentence, height = 176, format = formatCount }: BarChartProps) {
  const now = useNow();
  const names = bars.find((bar) => bar.parts)?.parts ?? [];
  const mains = bars.map((bar) => (bar.parts ?? []).reduce((sum, part) => (part.look === "main" ? sum + part.value : sum), 0));
  const values = (bar: Bar): string[] => names.map((_, index) => (bar.parts ? format(bar.parts[index]?.value ?? 0) : "not known"));
  const said = (bar: Bar | undefined): string => {
    if (!bar) return "";
    const shares = bar.parts?.map((part) => `${format(part.value)} ${part.name}`).join(", ") ?? "not known";
    return `${formatWhen(new Date(bar.at), now)}: ${shares}`;
  };
  return (
    <figure className={styles.figure}>
      <p className={styles.key}>
        {names.map((part, index) => (
          <span key={part.name}>
            <Swatch look={part.look} />
            {format(bars.reduce((sum, bar) => sum + (bar.parts?.[index]?.value ?? 0), 0))} {part.name}
          </span>
        ))}
      </p>
      <Plot
        sentence={sentence}
        times={bars.map((bar) => new Date(bar.at))}
        ticks={ticksUpTo(Math.max(0, ...mains))}
        spread="bands"
        height={height}
        read={(index) => said(bars[index])}
        draw={(field, read) => bars.map((bar, index) => <Column key={bar.at} bar={bar} index={index} field={field} isRead={read === index} />)}
      />
      <Table
        caption={sentence}
        columns={["Time", ...names.map((part) => part.name)]}
        rows={bars.map((bar) => ({ key: bar.at, name: formatWhen(new Date(bar.at), now), values: values(bar) }))}
      />
    </figure>
  );
}

function Column({ bar, index, field, isRead }: { bar: Bar; index: number; field: Field; isRead: boolean }) {
  const middle = field.places[index] ?? 0;
  const width = Math.max(1, Math.min(24, field.band * 0.8));
  let top = field.bottom;
  return (
    <g className={isRead ? styles.read : undefined}>
      {isRead && <rect className={styles.column} x={middle - field.band / 2} width={field.band} y={0} height={field.bottom} />}
      {bar.parts?.map((part) => {
        if (part.value <= 0) return null;
        const below = top;
        if (part.look === "main") {
          top -= Math.max(1, field.bottom - field.y(part.value));
          return <rect key={part.name} className={styles.main} x={middle - width / 2} y={top} width={width} height={below - top} rx={Math.min(2, width / 4)} />;
        }
        top -= part.look === "healed" ? 7 : TRIANGLE + 3;
        if (part.look === "healed") return <rect key={part.name} className={styles.healed} x={middle - width / 2} y={top} width={width} height="5" rx="2" />;
        return <Triangle key={part.name} x={middle} y={Math.max(0, top)} />;
      })}
    </g>
  );
}

const Triangle = ({ x, y }: { x: number; y: number }) => (
  <path className={styles.failed} d={`M${x} ${y}l${TRIANGLE / 2} ${TRIANGLE}h${-TRIANGLE}z`} />
);

const Swatch = ({ look }: { look: BarPart["look"] }) => (
  <svg viewBox="0 0 12 12" className={styles.chart} aria-hidden="true">
    {look === "main" && <rect className={styles.main} width="12" height="12" rx="2" />}
    {look === "healed" && <rect className={styles.healed} y="3" width="12" height="6" rx="2" />}
    {look === "failed" && <Triangle x={6} y={0} />}
  </svg>
);
