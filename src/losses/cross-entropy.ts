// Cross-entropy of the true token on logits, in nats. Described, not computed.

import * as z from 'zod';
import type { LossKind, LossOf } from './loss.ts';

export const crossEntropy: LossKind<LossOf<'cross-entropy'>, object> = {
  kind: 'cross-entropy',
  form: 'text',
  summary: 'Negative log-probability of the true token, softmax included.',
  options: z.strictObject({}),
  spell: () => ({ kind: 'cross-entropy' }),
  outputs: () => 1,
};
