// Networks drawn from a seed: stacks of layers of every kind, losses, window scales, lags, free runs, skips. Small, and mostly valid.

import * as z from 'zod';
import { initialiser } from '../../../src/layers/options.ts';
import type { Draw, Options } from './draw.ts';

const FIRST = (z.toJSONSchema(initialiser) as { readonly enum: readonly string[] }).enum;

const RECURRENT = ['lstm', 'gru', 'simple-rnn'] as const;

export interface Layer extends Options {
  readonly kind: string;
}

function recurrent(draw: Draw, backwards: boolean): Layer {
  const kind = draw.one(RECURRENT);
  const own = {
    gru: {},
    lstm: {
      ...draw.maybe(0.2, () => ({ activation: draw.one(['tanh', 'relu']) })),
      ...draw.maybe(0.1, () => ({ forgetBias: draw.one([-1, 0, 2]) })),
    },
    'simple-rnn': draw.maybe(0.3, () => ({ activation: draw.one(['tanh', 'relu', 'linear', 'sigmoid']) })),
  };
  return {
    kind,
    units: draw.whole(1, 7),
    ...(backwards ? draw.maybe(0.2, () => ({ bidirectional: true })) : {}),
    ...draw.maybe(0.1, () => ({ kernel: draw.one(FIRST) })),
    ...draw.maybe(0.1, () => ({ recurrent: draw.one(FIRST) })),
    ...own[kind],
  };
}

/** One recurrent layer at least; `backwards`: some may read the window from its end too. */
export function layers(draw: Draw, most: number, backwards: boolean): Layer[] {
  const list = Array.from({ length: draw.whole(0, most - 1) }, (): Layer => {
    const kind = draw.one(['recurrent', 'recurrent', 'dense', 'dropout', 'layer-norm']);
    if (kind === 'recurrent') return recurrent(draw, backwards);
    if (kind === 'dropout') return { kind, rate: draw.one([0, 0.1, 0.5, 0.9]) };
    if (kind === 'layer-norm') return { kind, ...draw.maybe(0.3, () => ({ epsilon: draw.one([1e-5, 0.1]) })) };
    return { kind, units: draw.whole(1, 6), activation: draw.one(['linear', 'relu', 'tanh', 'sigmoid']) };
  });
  list.splice(draw.whole(0, list.length), 0, recurrent(draw, backwards));
  return list;
}

const QUANTILES = [[0.5], [0.1, 0.9], [0.05, 0.25, 0.5, 0.75, 0.95]];

/** The loss, and how many outputs a value has. */
function loss(draw: Draw): { readonly written: Options; readonly outputs: number } {
  const kind = draw.one(['none', 'mse', 'mae', 'huber', 'pinball']);
  if (kind === 'none') return { written: {}, outputs: 1 };
  if (kind === 'huber') return { written: { loss: { kind, delta: draw.one([0.1, 1, 5]) } }, outputs: 1 };
  if (kind !== 'pinball') return { written: { loss: kind }, outputs: 1 };
  const quantiles = draw.one(QUANTILES);
  return { written: { loss: { kind, quantiles } }, outputs: quantiles.length };
}

function normalise(draw: Draw, context: number): string | Options {
  const clip = draw.maybe(0.25, () => ({ clip: draw.one([0.5, 3, 20]) }));
  const scale = { ...draw.maybe(0.5, () => ({ scale: draw.one(['deviation', 'standard']) })), ...clip };
  return draw.one<string | Options>([
    'none',
    'last',
    'mean',
    'revin',
    { kind: 'none', ...scale },
    { kind: 'last', ...scale },
    { kind: 'mean', count: draw.whole(1, context), ...scale },
    { kind: 'season', season: draw.whole(1, context), ...scale },
    { kind: 'revin', ...clip },
  ]);
}

export interface NumbersTask {
  readonly context: number;
  readonly horizon: number;
  readonly lead: number;
  readonly every: boolean;
  readonly targets: number;
  readonly past: number;
}

/** A network of numbers, by one of the three ways to write one. */
export function numbersModel(draw: Draw, task: NumbersTask): Layer {
  const { context, horizon, lead, every, targets, past } = task;
  const free = past === 0 && !every && lead === 0 && draw.happens(0.3);
  const { written, outputs } = loss(draw);
  const features = {
    ...written,
    ...draw.maybe(0.2, () => ({ skip: draw.one([true, 'glorot-uniform', 'ones', false]) })),
    ...draw.maybe(0.25, () => ({ lags: draw.one([[1], [1, 2], [2], [1, 3, 7], [1, 12], [4, 5]]) })),
    ...(free ? { freeRun: true } : {}),
    ...(free || every ? draw.maybe(0.4, () => ({ warmup: draw.whole(0, context - 1) })) : {}),
    ...(every ? {} : draw.maybe(0.5, () => ({ normalise: normalise(draw, context) }))),
  };
  const backwards = !free && !every;
  const way = draw.one(['units', 'units', 'layers', 'stack']);
  if (way === 'layers') return { kind: 'lstm-regressor', layers: layers(draw, 4, backwards), ...features };
  if (way === 'stack') {
    const head = { kind: 'dense', units: (free ? 1 : horizon) * targets * outputs };
    return { kind: 'stack', layers: [...layers(draw, 3, backwards), head], ...features };
  }
  const cell = draw.one(RECURRENT);
  return {
    kind: 'lstm-regressor',
    units: draw.one<number | number[]>([draw.whole(1, 9), [draw.whole(1, 6)], [3, draw.whole(1, 5)], [3, 2, 4]]),
    ...draw.maybe(0.7, () => ({ cell, ...(cell === 'gru' ? {} : draw.maybe(0.3, () => ({ activation: 'relu' }))) })),
    ...draw.maybe(0.3, () => ({ dropout: draw.one([0.1, 0.5]) })),
    ...(backwards ? draw.maybe(0.25, () => ({ bidirectional: true })) : {}),
    ...features,
  };
}

const CLOSED = ['drift', 'last-value', 'mean', 'ses', 'theta', 'seasonal-naive', 'linear', 'window-average', 'croston'];

/** A combination that holds the network. */
export function combination(draw: Draw, network: Layer): Layer {
  const member = (): string | Layer =>
    draw.one<string | Layer>([
      draw.one(CLOSED),
      draw.one(CLOSED),
      network,
      { kind: 'seeds', model: network, count: 2 },
      { kind: 'log-scale', model: draw.one(CLOSED) },
      { kind: 'log-scale', model: network },
    ]);
  const members = [network, ...Array.from({ length: draw.whole(1, 2) }, member)];
  const how = draw.maybe(0.4, () => ({ how: draw.one(['mean', 'median']) }));
  return draw.one<Layer>([
    { kind: 'average', members, ...how },
    { kind: 'weighted', members, ...draw.maybe(0.3, () => ({ best: draw.whole(1, 2), power: draw.whole(1, 6) })) },
    { kind: 'seeds', model: network, count: draw.whole(1, 3), ...how },
    { kind: 'log-scale', model: network },
    { kind: 'auto', budget: '1s', members, ...how },
  ]);
}
