// The table of encoders: every way to turn raw data into what a network reads, and back.
// In: a kind. Out: its entry. Not here: chains of them over a series or a text (chain.ts).

import { characters } from './characters.ts';
import { difference } from './difference.ts';
import type { NumberEncoderKind, TextEncoderKind } from './encoder.ts';
import { log } from './log.ts';
import { minMax } from './min-max.ts';
import { none } from './none.ts';
import { robust } from './robust.ts';
import { standard } from './standard.ts';
import { words } from './words.ts';

/** Every encoder by kind. */
export const ENCODERS: { readonly [kind: string]: NumberEncoderKind | TextEncoderKind } = {
  none,
  'min-max': minMax,
  standard,
  robust,
  log,
  difference,
  words,
  characters,
};
