// A network as a table: layers, output shapes, parameters, cost of a window. Plain JSON.
// In: a network and its window. Out: a ModelSummary. Not here: rendering (report/).

import { sizeOf } from '../core/tensor.ts';
import type { PlannedLayer } from '../layers/plan.ts';
import type { WindowShape } from '../window/window.ts';
import type { Network } from './network.ts';
import { inputWidth, type NetworkPlan, planNetwork } from './plan.ts';

export interface SummaryRow {
  readonly name: string;
  readonly kind: string;
  /** [T, units], or [units] for one row per window. */
  readonly output: readonly number[];
  readonly parameters: number;
  /** Multiply-adds of one window, forward. */
  readonly multiplyAdds: number;
}

export interface ModelSummary {
  readonly layers: readonly SummaryRow[];
  readonly parameters: number;
  readonly trainable: number;
  readonly notTrainable: number;
  readonly multiplyAdds: number;
}

/** Costs and shapes at the full context, own steps included. */
export function summarise(network: Network, window: WindowShape): ModelSummary {
  const plan = planNetwork(network);
  const steps = window.context + (network.freeRun ?? 0);
  const layers = [...plan.layers.map((layer) => row(layer, steps)), ...besides(network, plan, steps)];
  const parameters = layers.reduce((sum, layer) => sum + layer.parameters, 0);
  return {
    layers,
    parameters,
    trainable: parameters,
    notTrainable: 0,
    multiplyAdds: layers.reduce((sum, layer) => sum + layer.multiplyAdds, 0),
  };
}

/** Weights that belong to no layer: the skip's and the normalisation's. */
function besides(network: Network, { weights, outputs, output }: NetworkPlan, steps: number): SummaryRow[] {
  const rows = output.sequence ? steps : 1;
  const shape = output.sequence ? [steps, outputs] : [outputs];
  return ['skip', 'normalise'].flatMap((kind): SummaryRow[] => {
    const own = weights.filter(({ name }) => name.startsWith(`${kind}/`));
    if (own.length === 0) return [];
    const parameters = own.reduce((sum, weight) => sum + sizeOf(weight.shape), 0);
    const multiplyAdds = kind === 'skip' ? inputWidth(network) * outputs * rows : 0;
    return [{ name: kind, kind, output: shape, parameters, multiplyAdds }];
  });
}

function row(layer: PlannedLayer, steps: number): SummaryRow {
  const { output } = layer;
  return {
    name: layer.spec.name,
    kind: layer.spec.kind,
    output: output.sequence ? [steps, output.features] : [output.features],
    parameters: layer.weights.reduce((sum, weight) => sum + sizeOf(weight.shape), 0),
    multiplyAdds: layer.multiplyAdds * (layer.input.sequence ? steps : 1),
  };
}
