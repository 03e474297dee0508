// The baseline that knows nothing but the vocabulary: every token is equally likely.
// In: the vocabulary. Out: −ln of its size for every token. Not here: frequencies (bigram.ts).

import * as z from 'zod';
import type { FittedText } from '../core/forecaster.ts';
import type { TextForecasterKind } from './forecaster.ts';
import { fromContext, previousToken } from './from-context.ts';

/** p = 1 / tokens, padding not among them; of equally likely tokens the lowest id counts as the guess. */
export const uniform: TextForecasterKind<Record<string, never>> = {
  kind: 'uniform',
  form: 'text',
  baseline: true,
  summary: 'Every token is equally likely.',
  options: z.strictObject({}),
  create: () => ({
    name: 'uniform',
    fit: async (sequence): Promise<FittedText> => {
      const { vocabulary, padding } = sequence.tokens ?? { vocabulary: 1, padding: false };
      const first = padding ? 1 : 0;
      return fromContext(
        'uniform',
        {
          vocabulary,
          context: previousToken,
          probability: (id) => (id < first ? 0 : 1 / (vocabulary - first)),
          likeliest: () => first,
        },
        () => ({ vocabulary: vocabulary - first }),
      );
    },
  }),
};
