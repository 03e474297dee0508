// Exported layers models predict what our engine predicts in the real tf.layers, and what those cannot express is refused by name.

import { describe, expect, it } from 'vitest';
import { ForecastError } from '../../src/core/errors.ts';
import { compileReference } from '../../src/engines/reference/compiled.ts';
import { stepsOf } from '../../src/formats/format.ts';
import { tfjs } from '../../src/formats/tfjs.ts';
import type { Network } from '../../src/models/network.ts';
import { NUMBERS } from '../engines/features.ts';
import { roughWeights, shape, windows } from '../engines/harness.ts';
import { CASES, regressor, SERIES } from './cases.ts';
import { loadLayers, runLayers, tensorflow } from './tensorflow.ts';
import { batchesOf, worst } from './windows.ts';

const has = (network: Network, kind: string): boolean => network.layers.some((layer) => layer.kind === kind);
const built = CASES.map(({ network, sequence = SERIES, window, kind = 'sliding', what }) => {
  const own = shape(window);
  return { what, own, kind, sequence, network: network(sequence, own) };
});
const inexpressible = ({ network }: { network: Network }): boolean =>
  has(network, 'gru') || network.normalise.kind !== 'none';

describe.skipIf(tensorflow === null)('tfjs', () => {
  it.each(built.filter((one) => !inexpressible(one)))(
    '$what: the same predictions as here',
    async ({ own, kind, sequence, network }) => {
      const weights = roughWeights(network);
      const steps = stepsOf(own, kind, sequence.tokens !== null);
      const { files, input } = tfjs.write({ network, weights, shape: own, steps });
      const model = await loadLayers(tensorflow, files);
      const all = windows(sequence, own, kind);
      const ids = input.type === 'int32';
      const hot = (id: number): number[] =>
        Array.from({ length: sequence.tokens!.vocabulary }, (_, i) => (i === id ? 1 : 0));
      const theirs = batchesOf(network, all, steps).flatMap(({ rows }) => {
        const given = sequence.tokens && !ids ? rows.map((window) => window.map(([id]) => hot(id as number))) : rows;
        return runLayers(tensorflow, model, input, given);
      });
      expect(worst(theirs, await compileReference(network, weights).predict(all))).toBeLessThan(1e-5);
      model.dispose();
    },
  );
});

describe('tfjs', () => {
  it.each(built.filter(inexpressible))('$what is refused by name', ({ own, network }) => {
    const write = () => tfjs.write({ network, weights: roughWeights(network), shape: own, steps: null });
    const name =
      network.normalise.kind === 'none'
        ? network.layers.find(({ kind }) => kind === 'gru')!.name
        : `normalise: ${network.normalise.kind}`;
    expect(write).toThrow(ForecastError);
    try {
      write();
    } catch (error) {
      expect(error).toMatchObject({ code: 'E_MODEL_LAYER', exit: 7, hint: expect.stringMatching(/--to onnx/) });
      expect((error as Error).message).toContain(name);
    }
  });

  it.each(NUMBERS.filter(({ network }) => !has(network, 'gru')))('$name is refused by name', ({ network, all }) => {
    const write = () => tfjs.write({ network, weights: roughWeights(network), shape: all.shape, steps: null });
    expect(write).toThrow(/tfjs has no form for (?:normalise|lags|skip|freeRun)/);
  });

  it('refuses weights of another network', () => {
    const network = regressor({ units: 3 })(SERIES, shape());
    const other = regressor({ units: 4 })(SERIES, shape());
    const write = () => tfjs.write({ network, weights: roughWeights(other), shape: shape(), steps: null });
    expect(write).toThrow(/weight "lstm\/kernel": the network needs \[1,12\], found \[1,16\]/);
  });
});
