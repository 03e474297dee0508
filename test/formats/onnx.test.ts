// Exported ONNX models predict what our engine predicts: every layer and option, checked with the real onnxruntime.

import { describe, expect, it } from 'vitest';
import type { Sequence } from '../../src/core/sequence.ts';
import type { Windows } from '../../src/engines/engine.ts';
import { compileReference } from '../../src/engines/reference/compiled.ts';
import { stepsOf } from '../../src/formats/format.ts';
import { onnx } from '../../src/formats/onnx.ts';
import { LAYERS } from '../../src/layers/index.ts';
import type { Network } from '../../src/models/network.ts';
import { roughWeights, shape, windows } from '../engines/harness.ts';
import { CASES, language, regressor, SERIES, WORDS } from './cases.ts';
import { runOnnx, runtime } from './runtime.ts';
import { batchesOf, worst } from './windows.ts';

const TOLERANCE = 1e-5;

/** Our predictions beside theirs, all windows. */
async function both(
  network: Network,
  all: Windows,
  steps: number | null,
): Promise<{ ours: number[]; theirs: number[] }> {
  const weights = roughWeights(network);
  const { files, input } = onnx.write({ network, weights, shape: all.shape, steps });
  const model = files.get('model.onnx') as Uint8Array;
  const theirs: number[] = [];
  for (const { rows } of batchesOf(network, all, steps)) {
    const { data, dims } = await runOnnx(runtime!, model, input, rows);
    expect(dims[0]).toBe(rows.length);
    theirs.push(...Array.from(data));
  }
  return { ours: [...(await compileReference(network, weights).predict(all))], theirs };
}

describe.skipIf(runtime === null)('onnx', () => {
  it.each(CASES)(
    '$what: the same predictions as here',
    async ({ network, sequence = SERIES, window, kind = 'sliding' }) => {
      const own = shape(window);
      const steps = stepsOf(own, kind, sequence.tokens !== null);
      const { ours, theirs } = await both(network(sequence, own), windows(sequence, own, kind), steps);
      expect(worst(theirs, ours)).toBeLessThan(TOLERANCE);
    },
  );

  it('covers every layer', () => {
    const built = CASES.flatMap(({ network, sequence = SERIES, window }) => network(sequence, shape(window)).layers);
    expect(new Set(built.map(({ kind }) => kind))).toEqual(new Set(Object.keys(LAYERS)));
  });

  it.each([{ embedding: 4 }, {}])('unknown tokens read as nothing, %j', async (options) => {
    const strange: Sequence = { ...WORDS, targets: [WORDS.targets[0]!.map((id, i) => (i % 3 === 0 ? -1 : id))] };
    const network = language({ ...options, layers: [{ kind: 'lstm', units: 3 }] })(strange, shape());
    const { ours, theirs } = await both(network, windows(strange, shape()), null);
    expect(worst(theirs, ours)).toBeLessThan(TOLERANCE);
  });

  it('a level of 1e12 costs the normalised forecast no digits', async () => {
    const high: Sequence = { ...SERIES, targets: [SERIES.targets[0]!.map((value) => value + 1e12)] };
    const network = regressor({ units: 3, normalise: 'mean' })(high, shape());
    const { ours, theirs } = await both(network, windows(high, shape()), 5);
    const level = (values: readonly number[]) => values.map((value) => value - 1e12);
    expect(worst(level(theirs), level(ours))).toBeLessThan(1e-3); // a float64 at 1e12 holds steps of 1.2e-4
  });
});
