// A network walked from its input to its output: every layer's place, every weight, and whether the ends fit.
// In: a network as data. Out: its plan. Not here: values of weights (weights.ts), arithmetic (engines/).

import { ForecastError } from '../core/errors.ts';
import type { Flow, WeightPlan } from '../layers/layer.ts';
import { type PlannedLayer, planLayers } from '../layers/plan.ts';
import type { Network } from './network.ts';

export interface NetworkPlan {
  readonly input: Flow;
  readonly layers: readonly PlannedLayer[];
  readonly output: Flow;
  /** All weights, in the order of the layers. */
  readonly weights: readonly WeightPlan[];
  /** Width of a row of outputs: H · C · Q, or V. */
  readonly outputs: number;
}

/** Errors: E_CONFIG_CONFLICT where a layer does not fit, or the last one does not give what the task needs. */
export function planNetwork(network: Network): NetworkPlan {
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
  return { input, layers, output, weights: layers.flatMap((l) => l.weights), outputs };
}

/** Values a network gives per window (or per step): H · C · Q, or one logit per token. */
export function outputWidth(network: Pick<Network, 'output'>): number {
  const { output } = network;
  return output.kind === 'tokens' ? output.vocabulary : output.horizon * output.targets * output.quantiles;
}

function inputFlow(network: Network): Flow {
  const { input, output } = network;
  if (input.kind === 'tokens') return { sequence: true, features: input.vocabulary, ids: true };
  const horizon = output.kind === 'numbers' ? output.horizon : 1;
  return { sequence: true, features: input.targets + input.past + input.future * horizon, ids: false };
}
