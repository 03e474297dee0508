// Series for the encoder and forecaster tests: one target or more, covariates where asked for.
// In: columns of values. Out: a Series on an index axis. Not here: assertions.

import type { Column, Series } from '../../src/core/data.ts';

/** A series of named columns; the first target gives the length. */
export function seriesOf(
  targets: Readonly<Record<string, ArrayLike<number>>>,
  past: Readonly<Record<string, ArrayLike<number>>> = {},
  future: Readonly<Record<string, ArrayLike<number>>> = {},
): Series {
  const columns = (named: Readonly<Record<string, ArrayLike<number>>>): Column[] =>
    Object.entries(named).map(([name, values]) => ({ name, values: Float64Array.from(values) }));
  const all = columns(targets);
  return {
    id: 'test',
    length: all[0]?.values.length ?? 0,
    time: { stamps: null, frequency: { unit: 'index', count: 1 }, format: 'index', name: 'index' },
    targets: all,
    past: columns(past),
    future: columns(future),
  };
}
