import { formatClock, formatCount, formatWhen } from "@/kit/format";
import { useNow } from "@/kit/now";
import styles from "./charts.module.css";
import { type Field, Plot } from "./Plot";
import { type ChartPoint, largest, runs, ticksUpTo } from "./scale";
import { Table } from "./Table";

interface LineChartProps {
  points: ChartPoint[]; // filled; in order of time
  label: string; // of this series
  second?: { points: ChartPoint[]; label: string } | undefined; // dashed; at the same times
  sentence: string; // the accessible name: what the chart shows
  height?: number;
  format?: (value: number) => string; // of values; counts if not given
  formatOnAxis?: ((value: number) => string) | undefined;
  marks?: "peak" | "end" | "none"; // which point has its value beside it
  whole?: boolean; // no grid line between two whole numbers
}

/** A value over time as a filled line, a second one dashed. Gaps where nothing is known. */
export function LineChart({ points, label, second, sentence, height = 158, format = formatCount, formatOnAxis, marks = "end", whole = true }: LineChartProps) {
  const now = useNow();
  const value = (one: number | null | undefined): string => (one === null || one === undefined ? "not known" : format(one));
  const said = (index: number): string => {
    const point = points[index];
    if (!point) return "";
    const other = second ? `, ${second.label} ${value(second.points[index]?.value)}` : "";
    return `${formatWhen(new Date(point.at), now)}: ${second ? `${label} ` : ""}${value(point.value)}${other}`;
  };
  return (
    <figure className={styles.figure}>
      {second && (
        <p className={styles.key}>
          <span>
            <svg viewBox="0 0 12 12" className={styles.chart} aria-hidden="true">
              <path className={styles.second} d="M0 6h12" />
            </svg>
            {second.label}
          </span>
          <span>
            <svg viewBox="0 0 12 12" className={styles.chart} aria-hidden="true">
              <rect className={styles.area} y="4" width="12" height="8" />
              <path className={styles.line} d="M0 4h12" />
            </svg>
            {label}
          </span>
        </p>
      )}
      <Plot
        sentence={sentence}
        times={points.map((point) => new Date(point.at))}
        ticks={ticksUpTo(largest(points, second?.points ?? []), whole)}
        spread="ends"
        height={height}
        format={formatOnAxis}
        roomRight={marks === "end" ? Math.max(...[points, second?.points].map((series) => value(series?.at(-1)?.value ?? 0).length)) + 1 : 0}
        read={said}
        draw={(field, index) => (
          <>
            <Area points={points} field={field} />
            {second && <path className={styles.second} d={lines(second.points, field)} />}
            <path className={styles.line} d={lines(points, field)} />
            {marks === "end" && <Ends points={points} second={second?.points} field={field} format={format} />}
            {marks === "peak" && index === null && <Peak points={points} field={field} format={format} />}
            {index !== null && <path className={styles.rule} d={`M${field.places[index] ?? 0} ${field.bottom}V0`} />}
            {index !== null && [second?.points, points].map((series, place) => series && <Dot key={place} points={series} index={index} field={field} />)}
          </>
        )}
      />
      <Table
        caption={sentence}
        columns={["Time", label, ...(second ? [second.label] : [])]}
        rows={points.map((point, index) => ({
          key: point.at,
          name: formatWhen(new Date(point.at), now),
          values: [value(point.value), ...(second ? [value(second.points[index]?.value)] : [])],
        }))}
      />
    </figure>
  );
}

const spot = (points: ChartPoint[], index: number, field: Field): string =>
  `${round(field.places[index] ?? 0)} ${round(field.y(points[index]?.value ?? 0))}`;

const round = (pixels: number): number => Math.round(pixels * 10) / 10;

/** A point alone between two gaps is a short stroke, so that it can be seen. */
const lines = (points: ChartPoint[], field: Field): string =>
  runs(points)
    .map((run) => `M${run.map((index) => spot(points, index, field)).join("L")}${run.length === 1 ? "h3" : ""}`)
    .join("");

function Area({ points, field }: { points: ChartPoint[]; field: Field }) {
  const areas = runs(points).map((run) => {
    const [first, last] = [field.places[run[0] ?? 0] ?? 0, field.places[run.at(-1) ?? 0] ?? 0];
    return `M${run.map((index) => spot(points, index, field)).join("L")}L${round(last)} ${field.bottom}L${round(first)} ${field.bottom}Z`;
  });
  return <path className={styles.area} d={areas.join("")} />;
}

function Dot({ points, index, field }: { points: ChartPoint[]; index: number; field: Field }) {
  const value = points[index]?.value;
  if (value === null || value === undefined) return null;
  return <circle className={styles.point} cx={field.places[index]} cy={field.y(value)} r="3.5" />;
}

/** The last values stand beside their lines, apart where they would touch. */
function Ends({ points, second, field, format }: { points: ChartPoint[]; second: ChartPoint[] | undefined; field: Field; format: (value: number) => string }) {
  const [own, other] = [points.at(-1)?.value ?? null, second?.at(-1)?.value ?? null];
  const ownY = own === null ? 0 : field.y(own);
  const otherY = other === null ? 0 : Math.min(field.y(other), own === null ? field.bottom : ownY - 14);
  return (
    <>
      <Dot points={points} index={points.length - 1} field={field} />
      {own !== null && (
        <text className={styles.value} x={field.right + 10} y={ownY + 4}>
          {format(own)}
        </text>
      )}
      {other !== null && (
        <text className={styles.value} x={field.right + 10} y={otherY + 4}>
          {format(other)}
        </text>
      )}
    </>
  );
}

function Peak({ points, field, format }: { points: ChartPoint[]; field: Field; format: (value: number) => string }) {
  const index = points.reduce((best, point, place) => ((point.value ?? 0) > (points[best]?.value ?? 0) ? place : best), 0);
  const peak = points[index];
  if (!peak?.value) return null;
  const x = field.places[index] ?? 0;
  const anchor = x > field.right - 60 ? "end" : x < field.left + 60 ? "start" : "middle";
  return (
    <>
      <Dot points={points} index={index} field={field} />
      <text className={styles.value} x={x} y={Math.max(10, field.y(peak.value) - 10)} textAnchor={anchor}>
        {format(peak.value)} at {formatClock(new Date(peak.at))}
      </text>
    </>
  );
}
