/** Lines of equal height of a landscape with one summit: drawn once, the same every time. */

const [STEP, WIDTH, HEIGHT] = [10, 800, 900];
const LEVELS = Array.from({ length: 17 }, (_, index) => 0.1 + index * 0.062);
const EVERY_MAJOR = 4;

// Hills as x, y, height, and how wide they are along x and y.
const HILLS = [
  [456, 425, 0.92, 130, 150],
  [130, 185, 0.42, 110, 90],
  [690, 160, 0.5, 95, 110],
  [700, 600, 0.34, 120, 150],
  [120, 790, 0.36, 150, 100],
  [430, 780, 0.2, 130, 70],
  [60, 480, 0.22, 90, 160],
  [420, -30, 0.3, 180, 80],
] as const;

const heightAt = (x: number, y: number): number =>
  HILLS.reduce((sum, [cx, cy, top, rx, ry]) => sum + top * Math.exp(-(((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2) / 2), 0.05 * Math.sin(x / 95 + y / 140) + 0.03 * Math.cos(y / 60));

export interface Contours {
  minor: string;
  major: string;
}

/** As two paths, for a view box of 800 by 900. */
export function contours(): Contours {
  const heights = grid();
  const lines = LEVELS.map((level) => lineAt(level, heights));
  const some = (isMajor: boolean): string => lines.filter((_, index) => (index % EVERY_MAJOR === EVERY_MAJOR - 1) === isMajor).join("");
  return { minor: some(false), major: some(true) };
}

const [COLUMNS, ROWS] = [WIDTH / STEP + 1, HEIGHT / STEP + 1];

const grid = (): Float64Array => Float64Array.from({ length: COLUMNS * ROWS }, (_, index) => heightAt((index % COLUMNS) * STEP, Math.floor(index / COLUMNS) * STEP));

/** Marching squares: where the level crosses the edges of each cell. */
function lineAt(level: number, heights: Float64Array): string {
  const parts: string[] = [];
  for (let row = 0; row < ROWS - 1; row += 1)
    for (let column = 0; column < COLUMNS - 1; column += 1) {
      const crossed = crossings(level, heights, column, row);
      for (let index = 0; index + 1 < crossed.length; index += 2) parts.push(`M${crossed[index] ?? ""}L${crossed[index + 1] ?? ""}`);
    }
  return parts.join("");
}

const CORNERS = [
  [0, 0],
  [1, 0],
  [1, 1],
  [0, 1],
] as const;

function crossings(level: number, heights: Float64Array, column: number, row: number): string[] {
  const found: string[] = [];
  CORNERS.forEach(([x, y], index) => {
    const [nextX, nextY] = CORNERS[(index + 1) % 4] ?? CORNERS[0];
    const here = heights[(row + y) * COLUMNS + column + x] ?? 0;
    const next = heights[(row + nextY) * COLUMNS + column + nextX] ?? 0;
    if (here >= level === next >= level) return;
    const share = (level - here) / (next - here);
    const at = (corner: number, other: number, cell: number): number => Math.round((cell + corner + (other - corner) * share) * STEP * 10) / 10;
    found.push(`${at(x, nextX, column)} ${at(y, nextY, row)}`);
  });
  return found;
}
