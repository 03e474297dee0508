// Always the likeliest token. In: logits. Out: an id. Not here: chance.

import { largest, penalised } from './distribution.ts';
import type { SamplerKind } from './sampler.ts';

/** The largest logit after the repetition penalty; of equal ones the lowest id. */
export const greedy: SamplerKind = {
  kind: 'greedy',
  summary: 'Always the likeliest token.',
  choose: (logits, recent, options) => largest(penalised(logits, options, recent)),
};
