// How fast an engine trains: one small network, the same for every engine. In: an engine. Out: milliseconds of a step.
// Not here: comparing engines on real work (benchmarks/).

import type { Sequence } from '../core/sequence.ts';
import { type Engine, START, type TrainRequest } from '../engines/engine.ts';
import { MODELS } from '../models/index.ts';
import type { ModelKind } from '../models/model.ts';
import { initialWeights } from '../models/weights.ts';
import { cut } from '../window/cuts.ts';
import type { WindowShape } from '../window/window.ts';

/** What a step of the probe is. */
export const PROBE = 'lstm of 32 units, 24 steps, 32 windows';

const SHAPE: WindowShape = { context: 24, horizon: 1, lead: 0, targets: 'last', pad: 'none', mask: false };
const BATCH = 32;

/** Times about an eighth of a second of training, the best of several turns; errors: those of the engine. */
export async function probe(engine: Engine): Promise<number> {
  const length = BATCH + SHAPE.context;
  const sequence: Sequence = {
    length,
    segments: [{ start: 0, end: length }],
    targets: [Float64Array.from({ length }, (_, i) => Math.sin(i / 3))],
    past: [],
    future: [],
    tokens: null,
  };
  const model = MODELS['lstm-regressor'] as ModelKind;
  const task = { window: SHAPE, targets: 1, past: 0, future: 0, tokens: null };
  const network = model.build(model.options.parse({ units: 32 }), task);
  const training = { sequence, shape: SHAPE, cuts: cut(sequence.segments, SHAPE, { kind: 'sliding', stride: 1 }) };
  const compiled = await engine.compile(network, initialWeights(network, 1));
  const request: Omit<TrainRequest, 'epochs' | 'until'> = {
    training,
    validation: null,
    seed: 1,
    batch: BATCH,
    shuffle: false,
    optimizer: { kind: 'sgd', rate: 0.001, momentum: 0 },
    schedule: { kind: 'constant' },
    clip: null,
    from: START,
  };
  const turn = async (steps: number): Promise<number> => {
    const start = performance.now();
    await compiled.train({ ...request, epochs: steps, until: steps });
    return (performance.now() - start) / steps;
  };
  try {
    let best = await turn(1); // the first one warms up
    for (let spent = 0; spent < 120; ) {
      const steps = Math.max(1, Math.min(20, Math.floor(5 / best)));
      const each = await turn(steps);
      best = Math.min(best, each);
      spent += each * steps;
    }
    return best;
  } finally {
    compiled.dispose();
  }
}
