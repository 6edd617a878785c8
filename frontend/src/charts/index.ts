export { BarChart, type Bar, type BarPart } from "./BarChart";
export { LineChart } from "./LineChart";
export type { ChartPoint } from "./scale";
export { ShareBar } from "./ShareBar";
export { Sparkline } from "./Sparkline";
