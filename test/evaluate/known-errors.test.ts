// The scale that errors are told in.

import { describe, expect, it } from 'vitest';
import { random } from '../../src/core/random.ts';
import { type IntervalOptions, itemOf, scaleOf, viewAt } from '../../src/evaluate/known-errors.ts';

const HORIZON = 4;
const OPTIONS: IntervalOptions = { horizon: HORIZON, lead: 1, season: 1, levels: [80], method: 'split' };

describe('the scale of an origin’s errors', () => {
  const origins = [10, 12, 14, 15, 20];
  const draw = random(3, 'errors');
  const errors = Float64Array.from({ length: origins.length * HORIZON }, () => draw.normal());
  const fold = [0, 0, 1, 1, 2];
  const scaleBesides = (besides: number, errors: Float64Array): number => {
    const path = { id: 'a', errors, origins, fold, train: [1, 2, 4, 3] };
    return scaleOf(viewAt(itemOf(path, OPTIONS), Number.POSITIVE_INFINITY, OPTIONS), 1, besides, HORIZON);
  };

  it.each([0, 1, 2, 3, 4])(
    'knows no error of its own fold, nor of its own rows, and every other one: origin %i',
    (besides) => {
      const scale = scaleBesides(besides, errors);
      const first = origins[besides] as number;
      for (let i = 0; i < errors.length; i++) {
        const n = Math.floor(i / HORIZON);
        const row = (origins[n] as number) + (i % HORIZON);
        const own = fold[n] === fold[besides] || (row >= first && row < first + HORIZON);
        const changed = scaleBesides(
          besides,
          errors.map((error, at) => (at === i ? error + 100 : error)),
        );
        expect([i, Math.abs(changed - scale) < 1e-9]).toEqual([i, own]); // told from sums: to the last bits
      }
    },
  );
});
