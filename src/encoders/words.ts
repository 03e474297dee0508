// Text as words: cut at spaces, numbered from 1 by how often they occur; 0 is padding.
// In: documents, the training part's tokens. Out: ids and back. Not here: embeddings (layers/).

import * as z from 'zod';
import type { JsonObject } from '../core/json.ts';
import type { TextEncoder, TextEncoderKind } from './encoder.ts';

export interface WordsOptions {
  readonly lowercase: boolean;
  readonly punctuation: 'keep' | 'drop' | 'separate';
  readonly unknown: 'skip' | 'token';
  readonly limit?: number | undefined;
}

/** How the word for every word outside the vocabulary is written. */
const UNKNOWN = '<unknown>';

const APOSTROPHES = "'’";
/** Whatever is no letter, digit, accent, apostrophe or space. */
const PUNCTUATION = /[^\p{L}\p{N}\p{M}'’\s]/gu;

/** Ids from 1 by falling frequency, ties by first appearance (1 is the unknown word where there is one); 0 is padding. */
export const words: TextEncoderKind<WordsOptions> = {
  kind: 'words',
  form: 'text',
  summary: 'Words, numbered from 1 by frequency; 0 is padding.',
  options: z.strictObject({
    lowercase: z.boolean().default(true).describe('Whether "The" and "the" are one word, true or false, default true'),
    punctuation: z
      .enum(['keep', 'drop', 'separate'])
      .default('drop')
      .describe(
        'Punctuation stays on its word (keep), goes (drop; apostrophes inside words stay) or is a word of its own (separate), default drop',
      ),
    unknown: z
      .enum(['skip', 'token'])
      .default('skip')
      .describe(
        'A word outside the vocabulary is left out (skip) or becomes one word for all of them (token), default skip',
      ),
    limit: z
      .number()
      .int()
      .min(1)
      .optional()
      .describe('Keep only this many of the most frequent words, a count, default all'),
  }),
  split,
  fit: (tokens, until, options) => wordsEncoder(byFrequency(tokens, until, options), options),
  restore: (state) => wordsEncoder(state.words as readonly string[], optionsOf(state)),
};

function split(document: string, { lowercase, punctuation }: WordsOptions): string[] {
  const text = lowercase ? document.toLowerCase() : document;
  if (punctuation === 'keep') return spaced(text);
  if (punctuation === 'drop') return spaced(text.replace(PUNCTUATION, ' ')).flatMap((word) => trimmed(word, false));
  return spaced(text.replace(PUNCTUATION, ' $& ')).flatMap((word) => trimmed(word, true));
}

function spaced(text: string): string[] {
  return text.split(/\s/u).filter((word) => word !== '');
}

/** A word without apostrophes at its ends (quotation marks, mostly); they are words of their own where `kept`. */
function trimmed(word: string, kept: boolean): string[] {
  let start = 0;
  let end = word.length;
  while (start < end && APOSTROPHES.includes(word[start] as string)) start++;
  while (end > start && APOSTROPHES.includes(word[end - 1] as string)) end--;
  const inner = start < end ? [word.slice(start, end)] : [];
  return kept ? [...word.slice(0, start), ...inner, ...word.slice(end)] : inner;
}

function byFrequency(tokens: readonly string[], until: number, { limit }: WordsOptions): string[] {
  const counts = new Map<string, number>();
  for (let i = 0; i < until; i++) counts.set(tokens[i] as string, (counts.get(tokens[i] as string) ?? 0) + 1);
  // A Map keeps first appearance and sort is stable, so ties stay in that order.
  const ranked = [...counts].sort((a, b) => b[1] - a[1]).map(([word]) => word);
  return limit === undefined ? ranked : ranked.slice(0, limit);
}

function wordsEncoder(known: readonly string[], options: WordsOptions): TextEncoder {
  const listed = ['', ...(options.unknown === 'token' ? [UNKNOWN] : []), ...known];
  const offset = listed.length - known.length;
  const ids = new Map(known.map((word, i) => [word, i + offset]));
  const outside = options.unknown === 'token' ? 1 : -1;
  return {
    state: {
      kind: 'words',
      lowercase: options.lowercase,
      punctuation: options.punctuation,
      unknown: options.unknown,
      words: known,
    },
    vocabulary: listed.length,
    padding: true,
    form: 'ids',
    split: (document) => split(document, options),
    encode: (tokens) => Float64Array.from(tokens, (token) => ids.get(token) ?? outside),
    token: (id) => listed[id] ?? '',
    join: options.punctuation === 'separate' ? joinAround : (tokens) => tokens.join(' '),
  };
}

function optionsOf(state: JsonObject): WordsOptions {
  return {
    lowercase: state.lowercase as boolean,
    punctuation: state.punctuation as WordsOptions['punctuation'],
    unknown: state.unknown as WordsOptions['unknown'],
  };
}

const CLOSING = new Set('.,;:!?)]}…%”»。，、；：？！）」』》');
const OPENING = new Set('([{“«„（「『《');

/** Spaces between words, none before closing or after opening punctuation; “ opens in English and closes what „ has opened. */
function joinAround(tokens: readonly string[]): string {
  let text = '';
  let glued = true;
  let low = false;
  for (const token of tokens) {
    const closes = CLOSING.has(token) || (low && token === '“');
    text += glued || closes ? token : ` ${token}`;
    glued = OPENING.has(token) && !closes;
    if (/[„“”]/.test(token)) low = token === '„';
  }
  return text;
}
