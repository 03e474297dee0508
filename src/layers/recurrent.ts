// What the three recurrent layers share: their weights by direction, their output. Not here: any gate.

import { ForecastError } from '../core/errors.ts';
import type { Flow, LayerPlan, SpecOf, WeightPlan } from './layer.ts';

type Recurrent = SpecOf<'lstm'> | SpecOf<'gru'> | SpecOf<'simple-rnn'>;

/** `gates` blocks of U columns; `bias` is the shape and first values of a direction's bias. */
export function describeRecurrent(
  spec: Recurrent,
  input: Flow,
  gates: number,
  bias: Pick<WeightPlan, 'shape' | 'initialiser'>,
): LayerPlan {
  if (!input.sequence) {
    throw new ForecastError(
      'E_CONFIG_CONFLICT',
      `layer "${spec.name}" reads a sequence, and the layer before it gives only the last step`,
      {
        where: `model.layers (${spec.name})`,
        hint: 'write `sequences: true` on the recurrent layer before it',
      },
    );
  }
  const columns = gates * spec.units;
  const directions = spec.bidirectional ? ['forward_', 'backward_'] : [''];
  const weights = directions.flatMap((direction): WeightPlan[] => [
    { name: `${direction}kernel`, shape: [input.features, columns], initialiser: spec.kernel },
    { name: `${direction}recurrent_kernel`, shape: [spec.units, columns], initialiser: spec.recurrent },
    { name: `${direction}bias`, ...bias },
  ]);
  const inputProduct = input.ids ? 0 : input.features * columns;
  return {
    output: { sequence: spec.sequences, features: spec.units * directions.length, ids: false },
    weights,
    multiplyAdds: directions.length * (inputProduct + spec.units * columns),
  };
}
