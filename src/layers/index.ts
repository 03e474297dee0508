// The table of layers. Adding one: its description here, one cell in each engine (the compiler lists the missing ones).

import * as z from 'zod';
import { dense } from './dense.ts';
import { dropout } from './dropout.ts';
import { embedding } from './embedding.ts';
import { gru } from './gru.ts';
import type { LayerKind, LayerName, SpecOf } from './layer.ts';
import { layerNorm } from './layer-norm.ts';
import { lstm } from './lstm.ts';
import { simpleRnn } from './simple-rnn.ts';

// biome-ignore lint/suspicious/noExplicitAny: each kind has its own options type, checked by its own schema
type AnyOptions = any;

export const LAYERS: { readonly [K in LayerName]: LayerKind<SpecOf<K>, AnyOptions> } = {
  lstm,
  gru,
  'simple-rnn': simpleRnn,
  dense,
  dropout,
  embedding,
  'layer-norm': layerNorm,
};

/** A layer as a person writes it: `{ kind: lstm, units: 128 }`. */
export type LayerOptions = { readonly kind: LayerName; readonly [option: string]: unknown };

/** Schema of one entry of a `layers:` list. */
export const layerOptions: z.ZodType<LayerOptions> = z.discriminatedUnion(
  'kind',
  Object.values(LAYERS).map((layer) =>
    z.strictObject({ kind: z.literal(layer.kind), ...layer.options.shape }),
  ) as unknown as [z.ZodObject<{ kind: z.ZodLiteral<LayerName> }>],
) as unknown as z.ZodType<LayerOptions>;
