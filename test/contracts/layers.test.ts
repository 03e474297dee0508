import { describe, expect, it } from 'vitest';
import { makeCell } from '../../src/engines/reference/layers/index.ts';
import { createStore } from '../../src/engines/reference/store.ts';
import { LAYERS, layerOptions } from '../../src/layers/index.ts';
import type { Flow, LayerKind, LayerSpec } from '../../src/layers/layer.ts';
import { planLayers } from '../../src/layers/plan.ts';
import { everyFieldIsDescribed } from './kinds.ts';

const REQUIRED: Record<string, object> = {
  lstm: { units: 3 },
  gru: { units: 3 },
  'simple-rnn': { units: 3 },
  dense: { units: 3 },
  dropout: { rate: 0.5 },
  embedding: { units: 3 },
  'layer-norm': {},
};

describe.each(Object.entries(LAYERS) as unknown as [string, LayerKind][])('layer %s', (kind, layer) => {
  const input: Flow = { sequence: true, features: 4, ids: kind === 'embedding' };
  const spec = layer.spell(layer.options.parse(REQUIRED[kind]), 'it', true) as LayerSpec;

  it('is called by its own name, is told in a sentence, and describes every option', () => {
    expect(layer.kind).toBe(kind);
    expect(layer.summary).toMatch(/\.$/);
    everyFieldIsDescribed(layer);
  });

  it('refuses an option it does not have', () => {
    expect(layer.options.safeParse({ ...REQUIRED[kind], colour: 'red' }).success).toBe(false);
    expect(layerOptions.safeParse({ kind, ...REQUIRED[kind], colour: 'red' }).success).toBe(false);
    expect(layerOptions.safeParse({ kind, ...REQUIRED[kind] }).success).toBe(true);
  });

  it('spells everything out in plain JSON', () => {
    expect(JSON.parse(JSON.stringify(spec))).toEqual(spec);
    for (const option of Object.keys(layer.options.shape)) expect(spec).toHaveProperty(option);
    expect(spec).toMatchObject({ kind, name: 'it' });
  });

  it('gives rows of the width it announces, and fills every announced weight’s gradient view', () => {
    const [planned] = planLayers(input, [spec]);
    if (!planned) throw new Error('no plan');
    const weights = new Map(
      planned.weights.map((w) => [
        w.name,
        { shape: w.shape, data: new Float64Array(w.shape.reduce((a, b) => a * b, 1)).fill(0.1) },
      ]),
    );
    const store = createStore(planned.weights, weights);
    const cell = makeCell(planned, store);
    const [steps, windows] = [3, 2];
    const batch = {
      steps,
      windows,
      known: steps,
      from: 0,
      to: steps,
      continues: null,
      ids: input.ids ? Int32Array.from([0, 1, 2, 3, 0, 1]) : null,
      mask: null,
      training: true,
      seed: 1,
      epoch: 1,
      step: 0,
    };
    const rows = Float64Array.from({ length: steps * windows * input.features }, (_, i) => Math.sin(i));
    cell.size(steps, windows, true);
    cell.forward(batch, rows);
    const given = steps * windows * planned.output.features;
    expect(cell.output.length).toBeGreaterThanOrEqual(given);
    expect(cell.output.subarray(0, given).every(Number.isFinite)).toBe(true);
    cell.backward(batch, rows, new Float64Array(given).fill(1), input.ids ? null : new Float64Array(rows.length));
    for (const [name, slot] of store.slots)
      expect(
        slot.gradient.some((g) => g !== 0),
        name,
      ).toBe(true);
  });
});
