import { expect, it } from 'vitest';
import { ForecastError } from '../../src/core/errors.ts';
import { LAYERS } from '../../src/layers/index.ts';
import type { Flow, LayerKind, LayerName, LayerSpec } from '../../src/layers/layer.ts';
import { planLayers } from '../../src/layers/plan.ts';

const numbers: Flow = { sequence: true, features: 3, ids: false };
const ids: Flow = { sequence: true, features: 7, ids: true };

function spell(kind: LayerName, options: object, name: string = kind): LayerSpec {
  const layer = LAYERS[kind] as LayerKind;
  return layer.spell(layer.options.parse(options), name, false);
}

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof ForecastError) return `${error.code} ${error.message}`;
  }
  return 'nothing thrown';
}

it('weights carry their layer’s name, in Keras’ order and shapes', () => {
  const [layer] = planLayers(numbers, [spell('lstm', { units: 4 })]);
  expect(layer?.weights.map(({ name, shape }) => [name, shape])).toEqual([
    ['lstm/kernel', [3, 16]],
    ['lstm/recurrent_kernel', [4, 16]],
    ['lstm/bias', [16]],
  ]);
});

it('a bidirectional layer has both directions’ weights and twice the width', () => {
  const [layer] = planLayers(numbers, [spell('gru', { units: 4, bidirectional: true })]);
  expect(layer?.output.features).toBe(8);
  expect(layer?.weights.map(({ name }) => name)).toEqual([
    'gru/forward_kernel',
    'gru/forward_recurrent_kernel',
    'gru/forward_bias',
    'gru/backward_kernel',
    'gru/backward_recurrent_kernel',
    'gru/backward_bias',
  ]);
});

it('a recurrent layer behind one that gives only its last step is refused by name', () => {
  const chain = [spell('lstm', { units: 4 }), spell('gru', { units: 4 }, 'gru_2')];
  expect(codeOf(() => planLayers(numbers, chain))).toMatch(/^E_CONFIG_CONFLICT .*"gru_2"/);
});

it('an embedding refuses numbers, dropout and layer-norm refuse ids', () => {
  expect(codeOf(() => planLayers(numbers, [spell('embedding', { units: 4 })]))).toMatch(
    /^E_CONFIG_CONFLICT .*"embedding"/,
  );
  expect(codeOf(() => planLayers(ids, [spell('dropout', { rate: 0.5 })]))).toMatch(/^E_CONFIG_CONFLICT .*"dropout"/);
  expect(codeOf(() => planLayers(ids, [spell('layer-norm', {})]))).toMatch(/^E_CONFIG_CONFLICT .*"layer-norm"/);
});

it('two layers of one name are refused', () => {
  const chain = [spell('dense', { units: 2 }), spell('dense', { units: 2 })];
  expect(codeOf(() => planLayers(numbers, chain))).toMatch(/^E_CONFIG_CONFLICT .*"dense"/);
});

it('looking rows up costs no multiply-adds, reading numbers does', () => {
  const cost = (input: Flow) => planLayers(input, [spell('lstm', { units: 4 })])[0]?.multiplyAdds;
  expect(cost(ids)).toBe(4 * 16);
  expect(cost(numbers)).toBe((3 + 4) * 16);
});
