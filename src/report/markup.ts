// Text of others inside markup: HTML and SVG take the same escapes.
// In: any string. Out: text that is only ever text. Not here: tags.

import { visible } from './figures.ts';

const ENTITIES: { readonly [character: string]: string } = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** One line of it, cut at `limit` characters: for text and for attributes in quotation marks. */
export function escaped(text: string, limit = 200): string {
  return visible(text, limit)
    .replace(/[\ufffe\uffff]/g, '\ufffd') // no characters of XML
    .replace(/[&<>"']/g, (character) => ENTITIES[character] as string);
}

/** Lines of it; beyond `limit` characters they are left out, and it is said. */
export function escapedLines(text: string, limit = 20_000): string {
  const cut = text.length > limit ? `${text.slice(0, limit)}\n…` : text;
  return cut
    .split('\n')
    .map((line) => escaped(line.replaceAll('\t', '    '), Number.MAX_SAFE_INTEGER))
    .join('\n');
}
