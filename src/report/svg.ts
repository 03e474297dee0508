// Static charts as SVG: axes with ticks, lines, bands, bars, regions, a legend; no script, nothing from elsewhere.
// In: a Plot. Out: an <svg> element, or a whole file with its own colours. Not here: what is worth showing (charts.ts), colours (style.ts).

import { visible, widthOf } from './figures.ts';
import { escaped } from './markup.ts';
import type { Axis, Tick } from './scale.ts';
import { CHART_STYLE } from './style.ts';

/** What a mark stands for; style.ts paints it. `0` … `7`: forecasters, told apart by colour and dashes. */
export type Tone = 'history' | 'forecast' | 'past' | 'fan' | 'fan-wide' | 'held' | `${0 | 1 | 2 | 3 | 4 | 5 | 6 | 7}`;

export type Point = readonly [x: number, y: number];

interface Marked {
  readonly tone: Tone;
  /** Legend entry; marks without one are left out of it. */
  readonly name?: string;
}

export type Mark =
  /** Points whose y is no number leave a gap. */
  | (Marked & { readonly kind: 'line'; readonly points: readonly Point[]; readonly dots?: boolean })
  | (Marked & { readonly kind: 'dots'; readonly points: readonly Point[] })
  | (Marked & { readonly kind: 'band'; readonly points: readonly (readonly [x: number, low: number, high: number])[] })
  | (Marked & { readonly kind: 'bars'; readonly bars: readonly (readonly [from: number, until: number, y: number])[] })
  | (Marked & { readonly kind: 'region'; readonly from: number; readonly until: number })
  | { readonly kind: 'rule'; readonly axis: 'x' | 'y'; readonly at: number };

export interface Plot {
  /** Unique on a page; letters, digits and hyphens. */
  readonly id: string;
  readonly title: string;
  /** What a reader who cannot see it should know. */
  readonly description: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly marks: readonly Mark[];
  readonly width?: number;
  readonly height?: number;
}

/** Width of a digit of 12 px in the widest of the fonts that may be there. */
const CHARACTER = 7.7;
const LINE = 18;

interface Frame {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly width: number;
  readonly height: number;
}

type Scale = (value: number) => number;

/** The chart as an element of a page that carries CHART_STYLE. */
export function svgElement(plot: Plot): string {
  return drawn(plot, '');
}

/** The chart as a file of its own. */
export function svgFile(plot: Plot): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${drawn(plot, `<style>${CHART_STYLE}</style>`)}\n`;
}

function drawn(plot: Plot, style: string): string {
  const { id, x, y, marks, width = 920, height = 280 } = plot;
  const legend = legendRows(plot, width);
  const widest = y.ticks.reduce((most, { text }) => Math.max(most, widthOf(text)), 1);
  const frame: Frame = {
    left: Math.round(14 + widest * CHARACTER),
    right: width - 14,
    top: 8 + LINE * legend.length,
    bottom: height - (x.label === '' ? 26 : 40),
    width,
    height,
  };
  const toX = scaleOf(x, frame.left, frame.right);
  const toY = scaleOf(y, frame.bottom, frame.top);
  const parts = [
    `<title id="${id}-t">${escaped(plot.title)}</title><desc id="${id}-d">${escaped(plot.description, 600)}</desc>`,
    style,
    `<rect class="ground" width="${width}" height="${height}"/>`,
    ...marks.filter(({ kind }) => kind === 'region').map((mark) => markOf(mark, toX, toY, frame)),
    valueGrid(y, toY, frame),
    timeGrid(x, toX, frame),
    ...marks.filter(({ kind }) => kind !== 'region').map((mark) => markOf(mark, toX, toY, frame)),
    ...legend,
  ];
  const names = `aria-labelledby="${id}-t ${id}-d"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 ${width} ${height}" role="img" ${names}>${parts.join('')}</svg>`;
}

/** Linear or logarithmic; halves first, because the range of two finite values may not be finite. */
function scaleOf({ low, high, log }: Axis, from: number, until: number): Scale {
  if (log) {
    const start = Math.log10(low);
    const range = Math.log10(high) - start;
    return (value) => from + ((Math.log10(Math.max(value, low)) - start) / range) * (until - from);
  }
  const range = high / 2 - low / 2;
  return (value) => from + (range > 0 ? ((value / 2 - low / 2) / range) * (until - from) : 0);
}

function valueGrid(axis: Axis, toY: Scale, { left, right }: Frame): string {
  return axis.ticks
    .map(({ at, text }) => {
      const y = px(toY(at));
      return `<path class="grid" d="M${left} ${y}H${right}"/><text class="tick" x="${left - 6}" y="${px(toY(at) + 4)}" text-anchor="end">${escaped(text)}</text>`;
    })
    .join('');
}

/** Ticks below; a label that would touch the one before it is left out. */
function timeGrid(axis: Axis, toX: Scale, { left, right, bottom, width, height }: Frame): string {
  let free = 0;
  const ticks = axis.ticks.map(({ at, text }: Tick) => {
    const x = toX(at);
    const half = (widthOf(text) * CHARACTER) / 2;
    const center = Math.min(Math.max(x, half + 2), width - half - 2);
    const mark = `<path class="axis" d="M${px(x)} ${bottom}v4"/>`;
    if (center - half < free) return mark;
    free = center + half + 8;
    return `${mark}<text class="tick" x="${px(center)}" y="${bottom + 17}" text-anchor="middle">${escaped(text)}</text>`;
  });
  const label =
    axis.label === ''
      ? ''
      : `<text class="tick" x="${px((left + right) / 2)}" y="${height - 6}" text-anchor="middle">${escaped(axis.label, 60)}</text>`;
  return `<path class="axis" d="M${left} ${bottom}H${right}"/>${ticks.join('')}${label}`;
}

function markOf(mark: Mark, toX: Scale, toY: Scale, { left, right, top, bottom }: Frame): string {
  switch (mark.kind) {
    case 'line': {
      const line = `<path class="line t-${mark.tone}" d="${pathOf(mark.points, toX, toY)}"/>`;
      const alone = isolated(mark.points);
      return line + dotsOf(mark.dots ? mark.points : alone, mark.tone, toX, toY);
    }
    case 'dots':
      return dotsOf(mark.points, mark.tone, toX, toY);
    case 'band': {
      const upper = mark.points.map(([x, , high]) => `${px(toX(x))} ${px(toY(high))}`);
      const lower = mark.points.map(([x, low]) => `${px(toX(x))} ${px(toY(low))}`).reverse();
      return mark.points.length === 0
        ? ''
        : `<path class="area t-${mark.tone}" d="M${[...upper, ...lower].join('L')}Z"/>`;
    }
    case 'bars':
      return mark.bars
        .map(([from, until, y]) => {
          const [x0, x1] = [toX(from), toX(until)];
          const [y0, y1] = [toY(Math.min(0, y)), toY(Math.max(0, y))];
          return `<rect class="bar t-${mark.tone}" x="${px(x0)}" y="${px(y1)}" width="${px(Math.max(0.5, x1 - x0 - 1))}" height="${px(y0 - y1)}"/>`;
        })
        .join('');
    case 'region': {
      const [x0, x1] = [Math.max(left, toX(mark.from)), Math.min(right, toX(mark.until))];
      return `<rect class="area t-${mark.tone}" x="${px(x0)}" y="${top}" width="${px(Math.max(0, x1 - x0))}" height="${px(bottom - top)}"/>`;
    }
    case 'rule':
      return mark.axis === 'x'
        ? `<path class="rule" d="M${px(toX(mark.at))} ${top}V${bottom}"/>`
        : `<path class="rule" d="M${left} ${px(toY(mark.at))}H${right}"/>`;
  }
}

function pathOf(points: readonly Point[], toX: Scale, toY: Scale): string {
  let path = '';
  let pen = 'M';
  for (const [x, y] of points) {
    if (!Number.isFinite(y)) {
      pen = 'M';
      continue;
    }
    path += `${pen}${px(toX(x))} ${px(toY(y))}`;
    pen = 'L';
  }
  return path;
}

/** Points with no neighbour: a line alone would not show them. */
function isolated(points: readonly Point[]): Point[] {
  const known = (i: number): boolean => Number.isFinite(points[i]?.[1]);
  return points.filter((_, i) => known(i) && !known(i - 1) && !known(i + 1));
}

function dotsOf(points: readonly Point[], tone: Tone, toX: Scale, toY: Scale): string {
  const known = points.filter(([, y]) => Number.isFinite(y));
  const path = known.map(([x, y]) => `M${px(toX(x))} ${px(toY(y))}h0`).join('');
  return path === '' ? '' : `<path class="dots t-${tone}" d="${path}"/>`;
}

interface Entry {
  readonly tone: Tone | null;
  /** Tones that lie under it: of a narrow band those of the wider ones. */
  readonly under?: readonly Tone[];
  readonly kind: Mark['kind'];
  readonly text: string;
}

/** What the value axis means and what the marks are, in as many rows as they need. */
function legendRows({ y, marks }: Plot, width: number): string[] {
  const entries: Entry[] = y.label === '' ? [] : [{ tone: null, kind: 'rule', text: y.label }];
  const bands: Tone[] = [];
  for (const mark of marks) {
    if (mark.kind === 'rule' || mark.name === undefined) continue;
    const under = mark.kind === 'band' ? [...bands] : [];
    if (mark.kind === 'band') bands.push(mark.tone);
    entries.push({ tone: mark.tone, under, kind: mark.kind, text: mark.name });
  }
  const rows: string[] = [];
  let x = 8;
  for (const { tone, under = [], kind, text } of entries) {
    const shown = visible(text, 44);
    const space = (tone === null ? 8 : 28) + widthOf(shown) * CHARACTER + 12;
    if (rows.length === 0 || x + space > width) {
      rows.push('');
      x = 8;
    }
    const at = 4 + LINE * (rows.length - 1);
    const sample = tone === null ? '' : [...under, tone].map((one) => sampleOf(one, kind, x, at + 6)).join('');
    const label = `<text class="${tone === null ? 'tick name' : 'tick'}" x="${px(x + (tone === null ? 0 : 28))}" y="${at + 10}">${escaped(shown)}</text>`;
    rows[rows.length - 1] += sample + label;
    x += space;
  }
  return rows;
}

function sampleOf(tone: Tone, kind: Mark['kind'], x: number, y: number): string {
  if (kind === 'line') return `<path class="line t-${tone}" d="M${px(x)} ${y}h22"/>`;
  if (kind === 'dots') return `<path class="dots t-${tone}" d="M${px(x + 11)} ${y}h0"/>`;
  return `<rect class="${kind === 'bars' ? 'bar' : 'area'} t-${tone}" x="${px(x)}" y="${y - 5}" width="22" height="10"/>`;
}

/** A tenth of a pixel is as fine as can be seen. */
function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}
