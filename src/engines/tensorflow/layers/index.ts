// The tensorflow engine's cell for every layer; a layer without one does not compile.

import type { LayerName, SpecOf } from '../../../layers/layer.ts';
import type { PlannedLayer } from '../../../layers/plan.ts';
import type { Cell, MakeCell } from '../cell.ts';
import type { Store } from '../store.ts';
import { dense } from './dense.ts';
import { dropout } from './dropout.ts';
import { embedding } from './embedding.ts';
import { gru } from './gru.ts';
import { layerNorm } from './layer-norm.ts';
import { lstm } from './lstm.ts';
import { simpleRnn } from './simple-rnn.ts';

export const CELLS: { readonly [K in LayerName]: MakeCell<SpecOf<K>> } = {
  lstm,
  gru,
  'simple-rnn': simpleRnn,
  dense,
  dropout,
  embedding,
  'layer-norm': layerNorm,
};

export function makeCell(layer: PlannedLayer, store: Store): Cell {
  return (CELLS[layer.spec.kind] as MakeCell<PlannedLayer['spec']>)(layer.spec, layer, store);
}
