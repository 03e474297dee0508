// From the layers a person lists to spelled-out specs: names, and what recurrent layers hand on.
// In: layer options in order. Out: LayerSpecs. Not here: a model's head (each model's own file).

import { LAYERS, type LayerOptions } from '../layers/index.ts';
import type { LayerKind, LayerSpec } from '../layers/layer.ts';

/**
 * Names are the kind, numbered from the second on ("lstm", "lstm_2"). A recurrent layer that does not say hands on every step where
 * another recurrent layer follows it or where `every` step is a target, and its last state else.
 */
export function spellLayers(list: readonly LayerOptions[], every: boolean): LayerSpec[] {
  const counts = new Map<string, number>();
  return list.map((choice, i) => {
    const { kind: name, ...written } = choice;
    const kind = LAYERS[name] as LayerKind;
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    const followed = list.slice(i + 1).some((later) => LAYERS[later.kind].recurrent);
    return kind.spell(kind.options.parse(written), count === 1 ? name : `${name}_${count}`, every || followed);
  });
}
