// Exported ONNX models predict what our engine predicts: every layer and option, checked with the real onnxruntime.

import { describe, expect, it } from 'vitest';
import type { Sequence } from '../../src/core/sequence.ts';
import type { Tensors } from '../../src/core/tensor.ts';
import type { Windows } from '../../src/engines/engine.ts';
import { compileReference } from '../../src/engines/reference/compiled.ts';
import { stepsOf } from '../../src/formats/format.ts';
import { onnx } from '../../src/formats/onnx.ts';
import { LAYERS } from '../../src/layers/index.ts';
import type { Network } from '../../src/models/network.ts';
import { cutoffAt, cutsAt, lengthAt, takeCuts } from '../../src/window/cuts.ts';
import type { WindowShape } from '../../src/window/window.ts';
import { CARRIED, NUMBERS } from '../engines/features.ts';
import { roughWeights, shape, windows } from '../engines/harness.ts';
import { CASES, language, regressor, SERIES, WORDS } from './cases.ts';
import { runOnnx, runtime } from './runtime.ts';
import { aheadOf, batchesOf, rowsOf, worst } from './windows.ts';

const TOLERANCE = 1e-5;

/** Our predictions beside theirs, all windows. */
async function both(
  network: Network,
  all: Windows,
  steps: number | null,
): Promise<{ ours: number[]; theirs: number[] }> {
  const weights = roughWeights(network);
  const { files, input, ahead, history } = onnx.write({ network, weights, shape: all.shape, steps });
  const model = files.get('model.onnx') as Uint8Array;
  const theirs: number[] = [];
  for (const { from, to, rows } of batchesOf(network, all, steps, history)) {
    const second = Array.from({ length: to - from }, (_, i) => aheadOf(network, all, from + i));
    const { data, dims } = await runOnnx(runtime!, model, [input, rows], ...(ahead ? [[ahead, second] as const] : []));
    expect(dims[0]).toBe(rows.length);
    theirs.push(...Array.from(data));
  }
  return { ours: await each(network, weights, all), theirs };
}

/** Predictions of the reference; of a network that carries its state, for each window by itself. */
async function each(network: Network, weights: Tensors, all: Windows): Promise<number[]> {
  const compiled = compileReference(network, weights);
  if (!network.carry) return [...(await compiled.predict(all))];
  const found: number[] = [];
  for (let i = 0; i < all.cuts.count; i++) {
    const cutoff = cutoffAt(all.cuts, i);
    // As if the text began with the window.
    const ids = all.sequence.targets[0]!.slice(cutoff - all.shape.context, cutoff);
    const own = { ...all.sequence, length: ids.length, segments: [{ start: 0, end: ids.length }], targets: [ids] };
    found.push(...(await compiled.predict({ ...all, sequence: own, cuts: cutsAt([ids.length], [0]) })));
  }
  return found;
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

  it.each([...NUMBERS, ...CARRIED])('$name: the same predictions as here', async ({ network, all }) => {
    const cutting = new Set(all.cuts.ranges.map(({ from, first }) => first - from)).size === 1 && !all.shape.mask;
    const full = lengthAt(all.cuts, all.shape, 0) === all.shape.context;
    const steps = stepsOf(all.shape, cutting && full ? 'sliding' : 'prefixes', all.sequence.tokens !== null);
    const { ours, theirs } = await both(network, all, steps);
    expect(worst(theirs, ours)).toBeLessThan(TOLERANCE);
  });

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

  it('a season longer than the window is read from its history', async () => {
    const window = shape({ horizon: 10 });
    const built = regressor({ units: 3, normalise: { kind: 'season', season: 5, scale: 'standard' } })(SERIES, window);
    const network: Network = { ...built, normalise: { ...built.normalise, kind: 'season', season: 8 } };
    const cutoffs = [8, 15, 30];
    const cuts = cutsAt(cutoffs, [0, 0, 0]);
    const { ours, theirs } = await both(network, { sequence: SERIES, shape: window, cuts }, 5);
    expect(worst(theirs, ours)).toBeLessThan(TOLERANCE);
  });

  describe.each([
    { lags: [1, 3, 7] },
    { normalise: { kind: 'last', scale: 'deviation' } },
    { normalise: { kind: 'mean', count: 4 }, lags: [2] },
    { normalise: 'revin' },
  ])('a window shorter than its context, %j:', (options) => {
    const cut = (changes: Partial<WindowShape>) => {
      const window = shape({ context: 6, horizon: 2, ...changes });
      return { network: regressor({ units: 3, ...options })(SERIES, window), all: windows(SERIES, window, 'prefixes') };
    };

    it.each([{ pad: 'none' }, { pad: 'left', mask: true }] as const)('%j, read at its own length', async (changes) => {
      const { network, all } = cut(changes);
      expect(lengthAt(all.cuts, all.shape, 0)).toBe(1);
      const { ours, theirs } = await both(network, all, stepsOf(all.shape, 'prefixes', false));
      expect(worst(theirs, ours)).toBeLessThan(TOLERANCE);
    });

    it('padded with steps that are read, refused by the name of the input', async () => {
      const { network, all } = cut({ pad: 'left' });
      const steps = stepsOf(all.shape, 'prefixes', false);
      expect(steps).toBe(6);
      const full = { ...all, cuts: takeCuts(all.cuts, 5, 20) };
      const { ours, theirs } = await both(network, full, steps);
      expect(worst(theirs, ours)).toBeLessThan(TOLERANCE);
      const { files, input, history } = onnx.write({
        network,
        weights: roughWeights(network),
        shape: all.shape,
        steps,
      });
      const short = rowsOf(network, all, 0, null, history);
      const given = runOnnx(runtime!, files.get('model.onnx') as Uint8Array, [input, [short]]);
      await expect(given).rejects.toThrow(/dimensions for input: window/);
    });
  });

  it('a level of 1e12 costs the normalised forecast no digits', async () => {
    const high: Sequence = { ...SERIES, targets: [SERIES.targets[0]!.map((value) => value + 1e12)] };
    const network = regressor({ units: 3, normalise: 'mean' })(high, shape());
    const { ours, theirs } = await both(network, windows(high, shape()), 5);
    const level = (values: readonly number[]) => values.map((value) => value - 1e12);
    expect(worst(level(theirs), level(ours))).toBeLessThan(1e-3); // a float64 at 1e12 holds steps of 1.2e-4
  });
});
