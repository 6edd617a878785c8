import styles from "./charts.module.css";

interface SparklineProps {
  values: (number | null)[]; // null: no answer, a gap
  look?: "quiet" | "wait" | "bad"; // of the bars from `hotFrom` on
  hotFrom?: number;
  sentence?: string; // without one it only goes along with a number beside it
}

const [WIDTH, HEIGHT, BAR] = [58, 18, 3];

/** The last few values as small bars, tall as the largest of them. */
export function Sparkline({ values, look = "quiet", hotFrom = 0, sentence }: SparklineProps) {
  const most = Math.max(1e-9, ...values.map((value) => value ?? 0));
  const step = WIDTH / Math.max(values.length, 14);
  const start = WIDTH - step * values.length;
  return (
    <svg className={styles.spark} width={WIDTH} height={HEIGHT} {...(sentence ? { role: "img", "aria-label": sentence } : { "aria-hidden": true })}>
      {values.map((value, index) => {
        if (value === null) return null;
        const height = Math.max(2, (value / most) * HEIGHT);
        const isHot = look !== "quiet" && index >= hotFrom;
        return (
          <rect key={index} className={isHot ? styles[look] : undefined} x={start + index * step} y={HEIGHT - height} width={Math.min(BAR, step * 0.8)} height={height} rx="1" />
        );
      })}
    </svg>
  );
}
