// The frame of every HTML report: one offline file that runs nothing and fetches nothing.
// In: escaped pieces. Out: a document with its policy; tables and figures. Not here: what is said (run-page.ts, compare-page.ts).

import { createHash } from 'node:crypto';
import { escaped } from './markup.ts';
import { PAGE_STYLE } from './style.ts';
import { type Plot, svgElement } from './svg.ts';

/** Bytes a report has at most: it travels by mail. */
export const MOST_BYTES = 500_000;

/** A whole document; its policy allows this one style sheet and nothing else. */
export function page(title: string, body: readonly string[]): string {
  const hash = createHash('sha256').update(PAGE_STYLE).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    '<meta name="referrer" content="no-referrer">',
    `<title>${escaped(title, 120)}</title>`,
    `<style>${PAGE_STYLE}</style>`,
    '</head>',
    '<body><main>',
    ...body.filter((piece) => piece !== ''),
    '</main></body>',
    '</html>',
    '',
  ].join('\n');
}

/** A chart with its title above and its description below; '' where there is none. */
export function figureOf(plot: Plot | null): string {
  if (!plot) return '';
  return `<figure><h3>${escaped(plot.title)}</h3>${svgElement(plot)}<figcaption>${escaped(plot.description, 600)}</figcaption></figure>`;
}

/** A part with its heading; '' where nothing is in it. */
export function section(heading: string, pieces: readonly string[]): string {
  const known = pieces.filter((piece) => piece !== '');
  return known.length === 0 ? '' : `<section><h2>${escaped(heading)}</h2>\n${known.join('\n')}</section>`;
}

/** A plain cell, or one with a class of its own. */
export type Cell = string | { readonly text: string; readonly as: 'good' | 'bad' | 'even' };

export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  /** Columns to the left; the first one is, the others stand to the right. */
  readonly left?: readonly number[];
  /** Row to point out. */
  readonly marked?: number;
}

/** Of more columns a table is printed smaller. */
const NARROW_COLUMNS = 10;

/** A table; the first cell of each row names it. Cells are escaped here. */
export function tableOf({ head, rows, left = [], marked = -1 }: Table): string {
  const side = (column: number): string => (column === 0 || left.includes(column) ? '' : ' class="n"');
  const header = head.map((text, c) => `<th scope="col"${side(c)}>${escaped(text, 60)}</th>`).join('');
  const body = rows.map((cells, r) => {
    const inner = cells.map((cell, c) =>
      c === 0 ? `<th scope="row">${escaped(textOf(cell), 60)}</th>` : dataCell(cell, side(c)),
    );
    return `<tr${r === marked ? ' class="ship"' : ''}>${inner.join('')}</tr>`;
  });
  const kind = head.length > NARROW_COLUMNS ? ' class="many"' : '';
  return `<div class="scroll"><table${kind}><thead><tr>${header}</tr></thead><tbody>${body.join('\n')}</tbody></table></div>`;
}

function textOf(cell: Cell): string {
  return typeof cell === 'string' ? cell : cell.text;
}

/** Characters of a cell that is not to be broken when it is printed: a number, a time. */
const UNBROKEN = 30;

function dataCell(cell: Cell, side: string): string {
  const words = side === '' && textOf(cell).length > UNBROKEN ? ' class="words"' : side;
  const kind = typeof cell === 'string' ? words : ` class="n ${cell.as}"`;
  return `<td${kind}>${escaped(textOf(cell), 80)}</td>`;
}

/** What is worth having at hand, folded away unless `open`. `content` is markup. */
export function folded(summary: string, content: string, open = false): string {
  if (content === '') return '';
  return `<details${open ? ' open' : ''}><summary>${escaped(summary)}</summary>${content}</details>`;
}

export function paragraph(text: string, kind = ''): string {
  return text === '' ? '' : `<p${kind === '' ? '' : ` class="${kind}"`}>${escaped(text, 2000)}</p>`;
}

/** Bytes of a text as it is written. */
export function bytesOf(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}
