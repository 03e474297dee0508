// Text as characters (Unicode code points), numbered in code-point order.
// In: documents, the training part's tokens. Out: ids and back. Not here: expanding one-hot rows (the first layer looks them up).

import * as z from 'zod';
import type { TextEncoder, TextEncoderKind } from './encoder.ts';

export interface CharactersOptions {
  readonly form: 'ids' | 'one-hot';
  readonly lowercase: boolean;
}

interface Alphabet extends CharactersOptions {
  readonly padding: boolean;
  /** In code-point order: the order does not depend on where in the text a character comes first. */
  readonly characters: readonly string[];
}

/** Ids from 0 in code-point order; from 1 where the window pads, with 0 for padding. */
export const characters: TextEncoderKind<CharactersOptions> = {
  kind: 'characters',
  form: 'text',
  summary: 'Characters, numbered in code-point order.',
  options: z.strictObject({
    form: z
      .enum(['ids', 'one-hot'])
      .default('one-hot')
      .describe(
        'How a character enters a network without an embedding: one-hot (a row of 0 and one 1) or ids (one number), default one-hot',
      ),
    lowercase: z
      .boolean()
      .default(false)
      .describe('Whether "T" and "t" are one character, true or false, default false'),
  }),
  split,
  fit: (tokens, until, options, { padding }) => {
    const seen = new Set<string>();
    for (let i = 0; i < until; i++) seen.add(tokens[i] as string);
    const sorted = [...seen].sort((a, b) => (a.codePointAt(0) as number) - (b.codePointAt(0) as number));
    return charactersEncoder({ ...options, padding, characters: sorted });
  },
  restore: (state) =>
    charactersEncoder({
      form: state.form as CharactersOptions['form'],
      lowercase: state.lowercase as boolean,
      padding: state.padding as boolean,
      characters: state.characters as readonly string[],
    }),
};

function split(document: string, { lowercase }: CharactersOptions): string[] {
  return Array.from(lowercase ? document.toLowerCase() : document);
}

function charactersEncoder(alphabet: Alphabet): TextEncoder {
  const listed = alphabet.padding ? ['', ...alphabet.characters] : alphabet.characters;
  const ids = new Map(listed.map((character, id) => [character, id]));
  return {
    state: {
      kind: 'characters',
      form: alphabet.form,
      lowercase: alphabet.lowercase,
      padding: alphabet.padding,
      characters: alphabet.characters,
    },
    vocabulary: listed.length,
    padding: alphabet.padding,
    form: alphabet.form,
    split: (document) => split(document, alphabet),
    encode: (tokens) => Float64Array.from(tokens, (token) => ids.get(token) ?? -1),
    token: (id) => listed[id] ?? '',
    join: (tokens) => tokens.join(''),
  };
}
