// A network as a table: layers, output shapes, parameters, cost of a window. Plain JSON.
// In: a network and its window. Out: a ModelSummary. Not here: rendering (report/).

import { sizeOf } from '../core/tensor.ts';
import type { PlannedLayer } from '../layers/plan.ts';
import type { WindowShape } from '../window/window.ts';
import type { Network } from './network.ts';
import { planNetwork } from './plan.ts';

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

/** Costs and shapes at the full context. */
export function summarise(network: Network, window: WindowShape): ModelSummary {
  const layers = planNetwork(network).layers.map((layer) => row(layer, window.context));
  const parameters = layers.reduce((sum, layer) => sum + layer.parameters, 0);
  return {
    layers,
    parameters,
    trainable: parameters,
    notTrainable: 0,
    multiplyAdds: layers.reduce((sum, layer) => sum + layer.multiplyAdds, 0),
  };
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
