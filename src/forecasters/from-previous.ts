// A text forecaster that looks at one token back: probabilities of the next token given the previous one.
// In: those probabilities. Out: the fitted forecaster. Not here: counting.

import type { FittedText } from '../core/forecaster.ts';
import type { JsonObject } from '../core/json.ts';

export interface NextToken {
  /** p(id | previous); previous −1: nothing known before it. */
  probability(id: number, previous: number): number;
  /** The likeliest id after `previous`; of equally likely ones the lowest. */
  likeliest(previous: number): number;
}

/** The fitted forecaster of a NextToken. ln p is NaN where the true token is unknown. */
export function fromPrevious(kind: string, learned: JsonObject, next: NextToken): FittedText {
  return {
    name: kind,
    score: async (sequence, cutoffs, froms) => {
      const ids = sequence.targets[0] as Float64Array;
      const logProbability = new Float64Array(cutoffs.length);
      const correct = new Uint8Array(cutoffs.length);
      for (let n = 0; n < cutoffs.length; n++) {
        const cutoff = cutoffs[n] as number;
        const id = ids[cutoff] as number;
        const previous = cutoff > (froms[n] as number) ? (ids[cutoff - 1] as number) : -1;
        logProbability[n] = id < 0 ? Number.NaN : Math.log(next.probability(id, previous));
        correct[n] = id >= 0 && next.likeliest(previous) === id ? 1 : 0;
      }
      return { logProbability, correct };
    },
    state: () => ({ kind, ...learned }),
    dispose: () => {},
  };
}
