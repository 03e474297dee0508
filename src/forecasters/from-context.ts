// A text forecaster of what is known right before a token: probabilities of the next one given that context.
// In: those probabilities. Out: the fitted forecaster, which scores and continues. Not here: counting.

import type { FittedText } from '../core/forecaster.ts';
import type { JsonObject } from '../core/json.ts';
import { pause } from '../core/turn.ts';

export interface NextToken {
  readonly vocabulary: number;
  /** What matters of ids[from … cutoff), as one number that the other two take. */
  context(ids: ArrayLike<number>, from: number, cutoff: number): number;
  /** p(id | context); 0 for padding. */
  probability(id: number, context: number): number;
  /** The likeliest id; of equally likely ones the lowest. */
  likeliest(context: number): number;
}

/** Tokens counted or scored between two turns of the event loop: some hundredths of a second. */
export const UNHEARD = 65_536;

/** The fitted forecaster of a NextToken. ln p is NaN where the true token is unknown. */
export function fromContext(kind: string, next: NextToken, learned: () => JsonObject): FittedText {
  return {
    name: kind,
    score: async (sequence, cutoffs, froms, signal) => {
      const ids = sequence.targets[0] as Float64Array;
      const logProbability = new Float64Array(cutoffs.length);
      const correct = new Uint8Array(cutoffs.length);
      for (let n = 0; n < cutoffs.length; n++) {
        if (n % UNHEARD === 0) await pause(signal);
        const cutoff = cutoffs[n] as number;
        const id = ids[cutoff] as number;
        const context = next.context(ids, froms[n] as number, cutoff);
        logProbability[n] = id < 0 ? Number.NaN : Math.log(next.probability(id, context));
        correct[n] = id >= 0 && next.likeliest(context) === id ? 1 : 0;
      }
      return { logProbability, correct };
    },
    continue: async (ids, steps, choose) => {
      const known = new Float64Array(ids.length + steps);
      known.set(ids);
      for (let cutoff = ids.length; cutoff < known.length; cutoff++) {
        const context = next.context(known, 0, cutoff);
        const logits = Float64Array.from({ length: next.vocabulary }, (_, id) =>
          Math.log(next.probability(id, context)),
        );
        known[cutoff] = choose(logits);
      }
      return known.slice(ids.length);
    },
    state: () => ({ kind, ...learned() }),
    dispose: () => {},
  };
}

/** The token right before the cutoff as the whole context; −1 at a start and after an unknown token. */
export function previousToken(ids: ArrayLike<number>, from: number, cutoff: number): number {
  return cutoff > from ? (ids[cutoff - 1] as number) : -1;
}
