// A chain of layers, walked once: what flows into and out of each, and the weights by their full names.
// Errors name the layer that does not fit. Not here: what enters a network and what must leave it (models/plan.ts).

import { ForecastError } from '../core/errors.ts';
import { LAYERS } from './index.ts';
import type { Flow, LayerKind, LayerPlan, LayerSpec } from './layer.ts';

/** A layer's place in the chain; weight names are full ("lstm/kernel"). */
export interface PlannedLayer extends LayerPlan {
  readonly spec: LayerSpec;
  readonly input: Flow;
}

/** Errors: E_CONFIG_CONFLICT where a layer does not fit behind the one before it, or two layers share a name. */
export function planLayers(input: Flow, layers: readonly LayerSpec[]): PlannedLayer[] {
  const planned: PlannedLayer[] = [];
  const names = new Set<string>();
  let flow = input;
  for (const spec of layers) {
    if (names.has(spec.name)) {
      throw new ForecastError('E_CONFIG_CONFLICT', `two layers are called "${spec.name}"`, {
        hint: 'give each its own name',
      });
    }
    names.add(spec.name);
    const plan = (LAYERS[spec.kind] as LayerKind).describe(spec, flow);
    const weights = plan.weights.map((w) => ({ ...w, name: `${spec.name}/${w.name}` }));
    planned.push({ ...plan, weights, spec, input: flow });
    flow = plan.output;
  }
  return planned;
}
