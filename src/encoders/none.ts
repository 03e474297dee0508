// The encoder that changes nothing: raw values are what the network reads.
// In: one column. Out: the same column. Not here: scaling.

import * as z from 'zod';
import type { NumberEncoder, NumberEncoderKind } from './encoder.ts';

/** Values as they are. */
export const none: NumberEncoderKind<Record<string, never>> = {
  kind: 'none',
  form: 'numbers',
  summary: 'Leaves values as they are.',
  options: z.strictObject({}),
  fit: () => identity(),
  restore: () => identity(),
};

function identity(): NumberEncoder {
  return { state: { kind: 'none' }, skip: 0, encode: (values) => values, decode: () => {} };
}
