// Lines drawn with braille dots, two by four a character.
// In: lines over one axis of positions. Out: text of `height` rows with the scale at the left. Not here: the report around it (terminal.ts).

import { figure } from './figures.ts';

export interface ChartLine {
  readonly name: string;
  /** Position of the first value. */
  readonly start: number;
  /** Values that are no numbers leave a gap. */
  readonly values: readonly number[];
}

export interface ChartOptions {
  readonly lines: readonly ChartLine[];
  /** Characters in all, scale included. */
  readonly width: number;
  readonly height: number;
  /** Positions at which a dotted vertical line stands: where history ends. */
  readonly divider?: number;
  /** Paints the characters of a line; plain without. Where lines share a character the later one paints. */
  readonly style?: (line: string, text: string) => string;
}

const BLANK = 0x2800;
/** Bit of the dot in column x (0, 1) and row y (0 at the top … 3). */
const DOTS: readonly (readonly number[])[] = [
  [0x01, 0x02, 0x04, 0x40],
  [0x08, 0x10, 0x20, 0x80],
];

/** Draws the lines on one scale; the highest and the lowest value are written at the left. '' where there is nothing to draw. */
export function chart(options: ChartOptions): string {
  const { lines, width, height } = options;
  const values = lines.flatMap((line) => line.values.filter(Number.isFinite));
  if (values.length === 0) return '';
  const high = values.reduce((a, b) => Math.max(a, b));
  const low = values.reduce((a, b) => Math.min(a, b));
  const labels = [figure(high), figure(low)];
  const gutter = Math.max(...labels.map((label) => label.length));
  const cells = Math.max(8, width - gutter - 2);
  const canvas = draw(lines, cells, height, low, high);
  const dividerAt = options.divider === undefined ? -1 : cellOf(options.divider - 0.5, lines, cells);
  const highRow = high > low ? 0 : (height * 4 - 1) >> 3;
  return Array.from({ length: height }, (_, row) => {
    const label = row === highRow ? labels[0] : row === height - 1 && high > low ? labels[1] : '';
    const tick = label === '' ? '│' : '┤';
    return `${(label ?? '').padStart(gutter)} ${tick}${rowText(canvas, row, cells, dividerAt, options)}`.trimEnd();
  }).join('\n');
}

interface Canvas {
  /** Dots of each cell, row by row. */
  readonly dots: Uint8Array;
  /** Index of the line that drew last in each cell; −1: none. */
  readonly owner: Int16Array;
}

function draw(lines: readonly ChartLine[], cells: number, height: number, low: number, high: number): Canvas {
  const canvas = { dots: new Uint8Array(cells * height), owner: new Int16Array(cells * height).fill(-1) };
  const [first, last] = extent(lines);
  const columns = cells * 2 - 1;
  const rows = height * 4 - 1;
  const x = (position: number): number =>
    last > first ? Math.round(((position - first) / (last - first)) * columns) : 0;
  // Halves first: the range of two finite values may not be finite.
  const y = (value: number): number =>
    high > low ? Math.round(((high / 2 - value / 2) / (high / 2 - low / 2)) * rows) : Math.floor(rows / 2);
  for (const [index, line] of lines.entries()) {
    let from: readonly [number, number] | null = null;
    for (const [i, value] of line.values.entries()) {
      const to: readonly [number, number] | null = Number.isFinite(value) ? [x(line.start + i), y(value)] : null;
      if (to !== null) stroke(canvas, cells, index, from ?? to, to);
      from = to;
    }
  }
  return canvas;
}

/** Positions of the first and the last value of all lines. */
function extent(lines: readonly ChartLine[]): [number, number] {
  const first = lines.reduce((min, line) => Math.min(min, line.start), Number.POSITIVE_INFINITY);
  const last = lines.reduce((max, line) => Math.max(max, line.start + line.values.length - 1), first);
  return [first, last];
}

function cellOf(position: number, lines: readonly ChartLine[], cells: number): number {
  const [first, last] = extent(lines);
  return last > first ? Math.floor(((position - first) / (last - first)) * (cells - 0.5)) : -1;
}

/** A straight stroke of dots. */
function stroke(
  canvas: Canvas,
  cells: number,
  line: number,
  [x0, y0]: readonly [number, number],
  [x1, y1]: readonly [number, number],
): void {
  const steps = Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0), 1);
  for (let s = 0; s <= steps; s++) {
    const x = Math.round(x0 + ((x1 - x0) * s) / steps);
    const y = Math.round(y0 + ((y1 - y0) * s) / steps);
    const cell = (y >> 2) * cells + (x >> 1);
    canvas.dots[cell] = (canvas.dots[cell] as number) | (DOTS[x & 1]?.[y & 3] as number);
    canvas.owner[cell] = line;
  }
}

function rowText(canvas: Canvas, row: number, cells: number, dividerAt: number, options: ChartOptions): string {
  let text = '';
  for (let column = 0; column < cells; column++) {
    const cell = row * cells + column;
    const dots = canvas.dots[cell] as number;
    const drawn = dots === 0 ? (column === dividerAt ? '┊' : ' ') : String.fromCharCode(BLANK + dots);
    const line = options.lines[canvas.owner[cell] as number];
    text += line !== undefined && options.style !== undefined ? options.style(line.name, drawn) : drawn;
  }
  return text;
}
