// Language model: an embedding (or one-hot rows), the layers a person lists, and a softmax over the vocabulary.
// In: options and the task. Out: a network as data; the softmax stands in its loss. Not here: sampling (predict/).

import * as z from 'zod';
import { LAYERS, type LayerOptions, layerOptions } from '../layers/index.ts';
import { spellLayers } from './chain.ts';
import type { ModelKind } from './model.ts';
import { carryField, dropoutField } from './options.ts';
import { tokensNetwork } from './tokens.ts';

export interface LanguageModelOptions {
  readonly embedding?: number | undefined;
  readonly layers: readonly LayerOptions[];
  readonly dropout: number;
  readonly carry?: boolean | undefined;
}

export const languageModel: ModelKind<LanguageModelOptions> = {
  kind: 'language-model',
  form: 'text',
  summary: 'Predicts the next token: embedding or one-hot, your layers, a softmax over the vocabulary.',
  options: z.strictObject({
    embedding: z.int().min(1).optional().describe('width of the embedding; absent: one-hot'),
    layers: z
      .array(layerOptions)
      .min(1)
      .default([{ kind: 'lstm', units: 128 }])
      .describe('the layers between embedding and softmax; default one lstm of 128 units'),
    dropout: dropoutField,
    carry: carryField,
  }),
  build: (options, task) => {
    const first: LayerOptions[] =
      options.embedding === undefined ? [] : [{ kind: 'embedding', units: options.embedding }];
    const middle = options.layers.flatMap((layer): LayerOptions[] =>
      options.dropout > 0 && LAYERS[layer.kind].recurrent
        ? [layer, { kind: 'dropout', rate: options.dropout }]
        : [layer],
    );
    const head: LayerOptions = { kind: 'dense', units: task.tokens?.vocabulary ?? 1 };
    return tokensNetwork(
      spellLayers([...first, ...middle, head], task.window.targets === 'every'),
      task,
      options.carry,
    );
  },
};
