// The table of combinations. Adding one: one file and one line.

import { auto } from './auto.ts';
import { average } from './average.ts';
import type { CombinationKind } from './combination.ts';
import { logScale } from './log-scale.ts';
import { seeds } from './seeds.ts';
import { weighted } from './weighted.ts';

// biome-ignore lint/suspicious/noExplicitAny: each kind has its own options type, checked by its own schema
export const COMBINATIONS: { readonly [kind: string]: CombinationKind<any> } = {
  average,
  weighted,
  seeds,
  'log-scale': logScale,
  auto,
};
