// The table of samplers. In: a kind. Out: its entry. Not here: the loop that generates (rollout.ts).

import { greedy } from './greedy.ts';
import type { SamplerKind } from './sampler.ts';
import { temperature } from './temperature.ts';

/** Every sampler by kind. */
export const SAMPLERS: { readonly [kind: string]: SamplerKind } = { greedy, temperature };
