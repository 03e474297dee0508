// A network walked from its input to its output: every layer's place, every weight, and whether the ends fit.
// In: a network as data. Out: its plan. Not here: values of weights (weights.ts), arithmetic (engines/).

import { ForecastError } from '../core/errors.ts';
import type { Flow, WeightPlan } from '../layers/layer.ts';
import { type PlannedLayer, planLayers } from '../layers/plan.ts';
import type { LossSpec } from '../losses/loss.ts';
import { checkFeatures } from './features.ts';
import type { Network } from './network.ts';
import { checkSizes } from './sizes.ts';

export interface NetworkPlan {
  readonly input: Flow;
  readonly layers: readonly PlannedLayer[];
  readonly output: Flow;
  /** All weights, in the order of the layers, then the skip's, then the normalisation's. */
  readonly weights: readonly WeightPlan[];
  /** Width of a row of outputs: H · C · Q (C · Q where the network runs free), or V. */
  readonly outputs: number;
}

/** Errors: E_CONFIG_CONFLICT where a size is none, a layer does not fit, or the last one does not give what the task needs. */
export function planNetwork(network: Network): NetworkPlan {
  checkSizes(network);
  const input = inputFlow(network);
  const layers = planLayers(input, network.layers);
  const output = layers.at(-1)?.output ?? input;
  const outputs = outputWidth(network);
  if (output.ids || output.features !== outputs) {
    const last = network.layers.at(-1)?.name ?? 'none';
    throw new ForecastError(
      'E_CONFIG_CONFLICT',
      `the last layer ("${last}") gives ${output.features} values, the task needs ${outputs}`,
      {
        where: `model.layers (${last})`,
        hint: `end with { kind: dense, units: ${outputs} }`,
      },
    );
  }
  checkFeatures(network, output);
  const weights = [...layers.flatMap((l) => l.weights), ...skipWeights(network), ...normaliseWeights(network)];
  return { input, layers, output, weights, outputs };
}

/** Values in a row of outputs, one a window or one a step: H · C · Q, C · Q where the network runs free, or one logit per token. */
export function outputWidth(network: Pick<Network, 'output' | 'freeRun'>): number {
  const { output } = network;
  return output.kind === 'tokens' ? output.vocabulary : directHorizon(network) * output.targets * output.quantiles;
}

/** Features of a step (F). */
export function inputWidth(network: Pick<Network, 'input' | 'output' | 'freeRun'>): number {
  const { input } = network;
  if (input.kind === 'tokens') return input.vocabulary;
  return input.targets * lagsOf(network).length + input.past + input.future * directHorizon(network);
}

/** Steps of the horizon that one row of outputs covers: all, or one where the network runs free. */
export function directHorizon({ output, freeRun }: Pick<Network, 'output' | 'freeRun'>): number {
  return output.kind === 'tokens' || freeRun !== undefined ? 1 : output.horizon;
}

/** Rows of outputs that make one prediction. */
export function ownSteps({ freeRun }: Pick<Network, 'freeRun'>): number {
  return (freeRun ?? 0) + 1;
}

const CURRENT: readonly number[] = [1];

/** A step's value of the target channels stands among its features once for each of these lags. */
export function lagsOf({ input }: Pick<Network, 'input'>): readonly number[] {
  return (input.kind === 'numbers' && input.lags) || CURRENT;
}

/** Index of the quantile nearest the median: the one that is the forecast, and that a network running free goes on with. 0 without quantiles. */
export function centralQuantile(loss: LossSpec): number {
  if (loss.kind !== 'pinball') return 0;
  const distances = loss.quantiles.map((quantile) => Math.abs(quantile - 0.5));
  return distances.indexOf(Math.min(...distances));
}

/** How far before a window's first input lags reach. */
export function lagReach(network: Pick<Network, 'input'>): number {
  return Math.max(...lagsOf(network)) - 1;
}

/** How far before a window's first input its values may be read: by lags, and by a seasonal base. */
export function reachBack(network: Pick<Network, 'input' | 'normalise'>): number {
  const { normalise } = network;
  return Math.max(lagReach(network), normalise.kind === 'season' ? normalise.season : 0);
}

function inputFlow(network: Network): Flow {
  return { sequence: true, features: inputWidth(network), ids: network.input.kind === 'tokens' };
}

function skipWeights(network: Network): WeightPlan[] {
  if (network.skip === undefined) return [];
  return [{ name: 'skip/kernel', shape: [inputWidth(network), outputWidth(network)], initialiser: network.skip }];
}

function normaliseWeights({ normalise, output }: Network): WeightPlan[] {
  if (!normalise.affine || output.kind === 'tokens') return [];
  return [
    { name: 'normalise/gamma', shape: [output.targets], initialiser: 'ones' },
    { name: 'normalise/beta', shape: [output.targets], initialiser: 'zeros' },
  ];
}
