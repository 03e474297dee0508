// A network as the numbers the kernels read. In: a network and its plan. Out: a Description. Not here: weights.

import { keyOf } from '../../core/random.ts';
import type { Activation, LayerName, LayerSpec } from '../../layers/layer.ts';
import type { PlannedLayer } from '../../layers/plan.ts';
import type { LossName } from '../../losses/loss.ts';
import type { Network, Normalise, Scale } from '../../models/network.ts';
import { centralQuantile, lagsOf, type NetworkPlan } from '../../models/plan.ts';
import type { OptimizerName, OptimizerSpec } from '../../optimizers/optimizer.ts';
import type { Description } from './kernel.ts';

// The numbers of kernels/network.h.
const LAYER: { readonly [K in LayerName]: number } = {
  dense: 0,
  dropout: 1,
  embedding: 2,
  'layer-norm': 3,
  'simple-rnn': 4,
  gru: 5,
  lstm: 6,
};
const ACTIVATION: { readonly [K in Activation]: number } = { linear: 0, relu: 1, tanh: 2, sigmoid: 3 };
const LOSS: { readonly [K in LossName]: number } = { mse: 0, mae: 1, huber: 2, pinball: 3, 'cross-entropy': 4 };
const SCALE: { readonly [K in Scale['kind']]: number } = { deviation: 1, standard: 2 };
const NORMALISE: { readonly [K in Normalise['kind']]: number } = { none: 0, last: 1, mean: 2, season: 3 };
const OPTIMIZER: { readonly [K in OptimizerName]: number } = { adam: 0, adamw: 1, rmsprop: 2, sgd: 3 };

/** Most layers a network may have: MOST_LAYERS of kernels/network.h. */
export const MOST_LAYERS = 64;

export function describe(network: Network, plan: NetworkPlan): Description {
  const { input, output, loss, normalise } = network;
  const numbers = input.kind === 'numbers' ? input : null;
  const quantiles = loss.kind === 'pinball' ? loss.quantiles : [];
  const ints = [
    numbers ? 0 : 1,
    input.kind === 'tokens' && input.padding ? 1 : 0,
    numbers?.targets ?? 1,
    numbers?.past ?? 0,
    numbers?.future ?? 0,
    output.kind === 'numbers' ? output.horizon : 1,
    output.kind === 'numbers' ? output.quantiles : 1,
    input.kind === 'tokens' ? input.vocabulary : 0,
    NORMALISE[normalise.kind],
    numberOf(normalise),
    LOSS[loss.kind],
    quantiles.length,
    plan.layers.length,
    normalise.scale ? SCALE[normalise.scale.kind] : 0,
    network.freeRun === undefined ? 0 : 1,
    network.freeRun ?? 0,
    network.warmup ?? 0,
    network.skip === undefined ? 0 : 1,
    network.carry ? 1 : 0,
    normalise.affine ? 1 : 0,
    centralQuantile(loss),
    lagsOf(network).length,
    ...plan.layers.flatMap(layerInts),
    ...lagsOf(network),
  ];
  const delta = loss.kind === 'huber' ? loss.delta : 0;
  const most = normalise.clip ?? Number.POSITIVE_INFINITY;
  return {
    ints: Int32Array.from(ints, (n) => n | 0),
    reals: Float64Array.from([
      delta,
      scaleNumber(normalise),
      most,
      ...quantiles,
      ...plan.layers.map(({ spec }) => layerNumber(spec)),
    ]),
  };
}

/** Values of a mean, or steps of a season. */
function numberOf(normalise: Normalise): number {
  if (normalise.kind === 'season') return normalise.season;
  return normalise.kind === 'mean' ? Math.min(normalise.count, 0x7fffffff) : 0;
}

function scaleNumber({ scale }: Normalise): number {
  if (!scale) return 0;
  return scale.kind === 'deviation' ? scale.floor : scale.epsilon;
}

function layerInts({ spec, input, output }: PlannedLayer): number[] {
  const bidirectional = 'bidirectional' in spec && spec.bidirectional;
  return [
    LAYER[spec.kind],
    input.features,
    'units' in spec ? spec.units : input.features,
    'activation' in spec ? ACTIVATION[spec.activation] : 0,
    input.ids ? 1 : 0,
    input.sequence ? 1 : 0,
    output.sequence ? 1 : 0,
    bidirectional ? 2 : 1,
    keyOf(0, `dropout/${spec.name}`).k1,
  ];
}

function layerNumber(spec: LayerSpec): number {
  if (spec.kind === 'dropout') return spec.rate;
  return spec.kind === 'layer-norm' ? spec.epsilon : 0;
}

/** kind, option1, option2, epsilon, decay, steps made. */
export function describeOptimizer(spec: OptimizerSpec, steps: number): Float64Array {
  const kind = OPTIMIZER[spec.kind];
  switch (spec.kind) {
    case 'sgd':
      return Float64Array.of(kind, spec.momentum, 0, 1, 0, 0);
    case 'rmsprop':
      return Float64Array.of(kind, spec.rho, 0, spec.epsilon, 0, 0);
    case 'adam':
      return Float64Array.of(kind, spec.beta1, spec.beta2, spec.epsilon, 0, steps);
    case 'adamw':
      return Float64Array.of(kind, spec.beta1, spec.beta2, spec.epsilon, spec.decay, steps);
  }
}
