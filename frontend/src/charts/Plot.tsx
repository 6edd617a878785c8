import { type KeyboardEvent, type ReactNode, useState } from "react";
import styles from "./charts.module.css";
import { useMeasured } from "./measure";
import { formatTick, labelledPlaces, nearestPlace, timeFormat } from "./scale";

/** Where things are drawn, in pixels. */
export interface Field {
  places: number[]; // the middle of each point or bar, from the left
  band: number; // how much room each has
  left: number;
  right: number;
  bottom: number;
  y: (value: number) => number;
}

interface PlotProps {
  sentence: string; // the accessible name: what the chart shows
  times: Date[];
  ticks: number[];
  spread: "ends" | "bands"; // the first and last at the ends, or each in the middle of its own room
  height: number;
  format?: ((value: number) => string) | undefined;
  roomRight?: number | undefined; // in characters: for labels at the end of a line
  read: (index: number) => string; // what is said of a point
  draw: (field: Field, index: number | null) => ReactNode;
}

/** Grid, axes and reading of a chart: hover, or arrow keys while it has the focus, read a point. */
export function Plot({ sentence, times, ticks, spread, height, format, roomRight = 0, read, draw }: PlotProps) {
  const [box, { width, rem }] = useMeasured<HTMLDivElement>();
  const [index, setIndex] = useState<number | null>(null);
  const letter = 0.45 * rem;
  const labels = ticks.map((tick) => (tick === 0 ? "0" : format ? format(tick) : formatTick(tick, ticks.at(-1))));
  const left = Math.ceil(Math.max(...labels.map((label) => label.length)) * letter) + 8;
  const field = fieldOf(times, spread, { left, right: Math.max(left + 1, width - 4 - roomRight * letter), top: 1.25 * rem, bottom: height - 1.375 * rem }, ticks.at(-1) ?? 1);
  const seen = index !== null && index < times.length ? index : null;

  function onKey(event: KeyboardEvent) {
    const next = moved(event.key, seen, times.length);
    if (next === undefined) return;
    event.preventDefault();
    if (next === null) event.stopPropagation();
    setIndex(next);
  }

  return (
    <div ref={box} className={styles.plot}>
      <svg
        className={styles.chart}
        width={width}
        height={height}
        role="img"
        aria-label={sentence}
        tabIndex={0}
        onKeyDown={onKey}
        onBlur={() => setIndex(null)}
        onPointerMove={(event) => setIndex(nearestPlace(field.places, event.clientX - event.currentTarget.getBoundingClientRect().left))}
        onPointerLeave={() => setIndex(null)}
      >
        {width > 0 && (
          <>
            {ticks.map((tick, place) => (
              <g key={tick}>
                <path className={tick === 0 ? styles.base : styles.grid} d={`M${field.left} ${field.y(tick)}H${field.right}`} />
                <text x={field.left - 8} y={field.y(tick) + 4} textAnchor="end">
                  {labels[place]}
                </text>
              </g>
            ))}
            <Times times={times} field={field} y={height - 3} labelWidth={4.5 * rem} />
            {draw(field, seen)}
          </>
        )}
      </svg>
      {seen !== null && <Reading x={field.places[seen] ?? 0} width={width} text={read(seen)} />}
      <output className="visually-hidden">{seen === null ? "" : read(seen)}</output>
    </div>
  );
}

function Times({ times, field, y, labelWidth }: { times: Date[]; field: Field; y: number; labelWidth: number }) {
  const [first, last] = [times[0], times.at(-1)];
  if (!first || !last) return null;
  const format = timeFormat(first, last);
  return labelledPlaces(times.length, field.right - field.left, labelWidth).map((place) => {
    const x = field.places[place] ?? 0;
    const anchor = x > field.right - labelWidth / 3 ? "end" : x < field.left + labelWidth / 3 ? "start" : "middle";
    return (
      <text key={place} x={anchor === "end" ? Math.max(x, field.right) : x} y={y} textAnchor={anchor}>
        {format(times[place] ?? first)}
      </text>
    );
  });
}

/** What the point under the pointer says; it stays inside the chart. */
function Reading({ x, width, text }: { x: number; width: number; text: string }) {
  const isRight = x > width / 2;
  return (
    <div className={styles.reading} style={isRight ? { right: width - x + 10 } : { left: x + 10 }} aria-hidden="true">
      {text}
    </div>
  );
}

function fieldOf(times: Date[], spread: PlotProps["spread"], { left, right, top, bottom }: Record<"left" | "right" | "top" | "bottom", number>, most: number): Field {
  const y = (value: number): number => bottom - (value / most) * (bottom - top);
  if (spread === "bands") {
    const band = (right - left) / Math.max(1, times.length);
    return { places: times.map((_, index) => left + (index + 0.5) * band), band, left, right, bottom, y };
  }
  const [first, last] = [times[0]?.getTime() ?? 0, times.at(-1)?.getTime() ?? 0];
  const length = last - first || 1;
  const places = times.map((at) => (times.length === 1 ? (left + right) / 2 : left + ((at.getTime() - first) / length) * (right - left)));
  return { places, band: 0, left, right, bottom, y };
}

/** Where a key leads: an index, null for nowhere, undefined if it is not the chart's. */
function moved(key: string, index: number | null, count: number): number | null | undefined {
  if (count === 0) return undefined;
  switch (key) {
    case "ArrowRight":
      return index === null ? 0 : Math.min(count - 1, index + 1);
    case "ArrowLeft":
      return index === null ? count - 1 : Math.max(0, index - 1);
    case "Home":
      return 0;
    case "End":
      return count - 1;
    case "Escape":
      return index === null ? undefined : null;
    default:
      return undefined;
  }
}
