// What every format of models promises: the same bytes for the same model, every layer written or refused by its name.

import { describe, expect, it } from 'vitest';
import { ForecastError } from '../../src/core/errors.ts';
import { compileReference } from '../../src/engines/reference/compiled.ts';
import { FORMATS } from '../../src/formats/index.ts';
import { roughWeights, shape, windows } from '../engines/harness.ts';
import { CASES, regressor, SERIES } from '../formats/cases.ts';

describe.each(Object.entries(FORMATS))('%s', (kind, format) => {
  it('has its own name and a summary', () => {
    expect(format.kind).toBe(kind);
    expect(format.summary).toMatch(/^\S.{10,}\.$/);
  });

  it('writes the same bytes for the same model, under plain names', () => {
    const network = regressor({ units: 3 })(SERIES, shape());
    const write = () => format.write({ network, weights: roughWeights(network), shape: shape(), steps: 5 });
    expect([...write().files]).toEqual([...write().files]);
    for (const name of write().files.keys()) expect(name).toMatch(/^[\w.-]+$/);
  });

  it('writes every network, or says which part it has no form for', () => {
    for (const { network, sequence = SERIES, window } of CASES) {
      const own = shape(window);
      const built = network(sequence, own);
      try {
        const { files, input, output } = format.write({
          network: built,
          weights: roughWeights(built),
          shape: own,
          steps: null,
        });
        expect(files.size).toBeGreaterThan(0);
        for (const port of [input, output]) expect(port.holds).toBeTruthy();
      } catch (error) {
        expect(error).toBeInstanceOf(ForecastError);
        expect(error).toMatchObject({ code: 'E_MODEL_LAYER', exit: 7, hint: expect.stringMatching(/\S/) });
      }
    }
  });

  it('reads back what it has written, where it reads', async () => {
    if (!format.read) return;
    const network = regressor({ units: [3, 2], dropout: 0.1 })(SERIES, shape());
    const weights = roughWeights(network);
    const { files } = format.write({ network, weights, shape: shape(), steps: 5 });
    const [main] = files.values();
    const { groups, finish } = format.read(String(main), 'model');
    const {
      layers,
      weights: own,
      input,
    } = finish(groups.map(({ names }) => files.get(names[0] as string) as Uint8Array));
    expect(layers.map((layer) => layer.kind)).toEqual(network.layers.map((layer) => layer.kind));
    expect(input).toEqual({ steps: 5, features: 1, ids: false });
    expect([...own.keys()]).toEqual([...weights.keys()]);
    const all = windows(SERIES, shape());
    const [ours, theirs] = await Promise.all([weights, own].map((one) => compileReference(network, one).predict(all)));
    theirs!.forEach((value, i) => void expect(value).toBeCloseTo(ours![i] as number, 5));
  });
});
