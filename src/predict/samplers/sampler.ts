// The contract of a sampler: logits of the next token in, the id that is appended out.
// Not here: the network that gives the logits, the loop that appends (rollout.ts).

import type { Random } from '../../core/random.ts';

export interface SamplerOptions {
  /** Logits are divided by it; below 1 sharper, above 1 flatter. */
  readonly temperature: number;
  /** Only the k largest logits stay; null: all. */
  readonly topK: number | null;
  /** Only the likeliest tokens that together reach this probability stay; null: all. */
  readonly topP: number | null;
  /** A recent token's logit is divided by it where above 0, else multiplied; 1: off. */
  readonly repetition: number;
  /** Whether id 0 is padding, which is never chosen. */
  readonly padding?: boolean;
}

export interface SamplerKind {
  readonly kind: string;
  /** One sentence for `forecast explain` and the JSON schema. */
  readonly summary: string;
  /** The next id. `recent`: the ids before it, for `repetition`. Errors: E_TRAIN_DIVERGED where a logit is NaN or ∞. */
  choose(logits: Float64Array, recent: ArrayLike<number>, options: SamplerOptions, random: Random): number;
}
