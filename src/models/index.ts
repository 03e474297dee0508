// The table of models: networks as data. Adding one: one file and one line.

import { languageModel } from './language-model.ts';
import { lstmRegressor } from './lstm-regressor.ts';
import type { ModelKind } from './model.ts';
import { stack } from './stack.ts';

// biome-ignore lint/suspicious/noExplicitAny: each kind has its own options type, checked by its own schema
export const MODELS: { readonly [kind: string]: ModelKind<any> } = {
  'lstm-regressor': lstmRegressor,
  'language-model': languageModel,
  stack,
};
