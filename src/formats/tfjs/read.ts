// model.json of TensorFlow.js (saved by it, or converted from Keras) as layers and weights of this program.
// In: untrusted text, then bytes. Out: a ForeignModel. Not here: the disk, the config that goes with it (import.ts).

import { ForecastError, type Warning } from '../../core/errors.ts';
import { sizeOf, type Tensor, type Tensors } from '../../core/tensor.ts';
import type { LayerOptions } from '../../layers/index.ts';
import type { Flow, WeightPlan } from '../../layers/layer.ts';
import { type PlannedLayer, planLayers } from '../../layers/plan.ts';
import { spellLayers } from '../../models/chain.ts';
import type { ForeignModel, ModelFiles } from '../format.ts';
import { chainOf, type Described, fields, quoted, refuse } from './chain.ts';
import { type Translated, translate } from './layers.ts';
import { groupsOf, type Promised, tensorsOf } from './manifest.ts';

export function readLayersModel(text: string, where: string): ModelFiles {
  const json = fields(parsed(text, where));
  const groups = groupsOf(json.get('weightsManifest'), where);
  const warnings: Warning[] = [];
  const layers = chainOf(json.get('modelTopology'), where);
  const entry = entryOf(layers, where);
  const own = layers.filter(({ className }) => className !== 'InputLayer');
  if (own.length === 0) refuse('the model has no layer', where, 'a model of at least one layer');
  let rank = entry.ids ? 2 : 3;
  const translated = own.map((layer, i) => {
    const one = translate(layer, where, { rank, last: i === own.length - 1 }, warnings);
    rank = rankAfter(one.options, rank);
    return one;
  });
  const options = translated.map((one) => one.options);
  const planned = chained(options, entry, where);
  const places = placesOf(
    planned,
    own,
    translated,
    groups.flatMap((group) => group.weights),
    where,
  );
  return {
    groups: groups.map(({ names, bytes }) => ({ names, bytes })),
    finish(contents) {
      const given = new Map(groups.flatMap((group, i) => [...tensorsOf(group, contents[i] as Uint8Array, where)]));
      return {
        layers: options,
        weights: weightsOf(planned, places, given),
        input: entry,
        outputs: planned.at(-1)?.output.features ?? 0,
        softmax: translated.at(-1)?.softmax ?? false,
        warnings,
      } satisfies ForeignModel;
    },
  };
}

function parsed(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ForecastError('E_MODEL_HEADER', 'is not JSON', {
      where,
      hint: 'give the model.json that TensorFlow.js wrote',
      cause: error,
    });
  }
}

/** What enters: rows of numbers, or ids where the first layer looks them up. */
function entryOf(layers: readonly Described[], where: string): ForeignModel['input'] {
  const [first] = layers;
  const reader = layers.find(({ className }) => className !== 'InputLayer');
  const shape = shapeOf(first) ?? shapeOf(reader);
  if (shape === null)
    return refuse('the first layer does not say what it reads', where, 'save the model after it was built');
  const ids = reader?.className === 'Embedding';
  const [, steps, features] = shape;
  const usable = (size: unknown): boolean => size === null || (Number.isSafeInteger(size) && (size as number) > 0);
  const fits = ids
    ? shape.length === 2 && usable(steps)
    : shape.length === 3 && usable(steps) && features !== null && usable(features);
  if (!fits) {
    const wanted = ids ? '[batch, steps] of ids' : '[batch, steps, features]';
    refuse(`the model reads ${quoted(JSON.stringify(shape))}`, where, `a window is ${wanted}`);
  }
  const vocabulary = reader?.config.get('input_dim');
  return {
    steps: steps as number | null,
    features: ids ? (Number.isSafeInteger(vocabulary) ? (vocabulary as number) : 0) : (features as number),
    ids,
  };
}

function shapeOf(layer: Described | undefined): readonly unknown[] | null {
  const found = layer?.config.get('batch_input_shape') ?? layer?.config.get('batch_shape');
  return Array.isArray(found) ? found : null;
}

function rankAfter(options: LayerOptions, rank: number): number {
  if (options.kind === 'embedding') return rank + 1;
  return 'sequences' in options ? (options.sequences === true ? 3 : 2) : rank;
}

/** Errors: E_MODEL_LAYER where the layers do not fit each other. */
function chained(options: readonly LayerOptions[], entry: ForeignModel['input'], where: string): PlannedLayer[] {
  const input: Flow = { sequence: true, features: entry.features, ids: entry.ids };
  try {
    return planLayers(input, spellLayers(options, false));
  } catch (error) {
    if (!(error instanceof ForecastError)) throw error;
    return refuse(error.message, where, error.hint ?? 'save the model again');
  }
}

/** Where each weight of a layer stands among those of the file; a number: what stands for one the layer does without. */
type Places = ReadonlyMap<string, string | number>;

/** Errors: E_MODEL_SHAPE where a weight is missing, of another shape, or belongs to no layer. */
function placesOf(
  planned: readonly PlannedLayer[],
  described: readonly Described[],
  translated: readonly Translated[],
  promised: readonly Promised[],
  where: string,
): Places {
  const fail = (what: string): never => {
    throw new ForecastError('E_MODEL_SHAPE', what, { where, hint: 'weights and layers must come from the same model' });
  };
  const places = new Map<string, string | number>();
  const found = ownersOf(described, promised, fail);
  for (const [i, { spec, weights }] of planned.entries()) {
    const own = found.get(described[i]!.name) ?? new Map<string, Promised>();
    const foreign = quoted(described[i]!.name);
    for (const { name, shape } of weights) {
      const part = name.slice(spec.name.length + 1);
      const absent = translated[i]!.absent.get(part);
      const weight = own.get(part);
      own.delete(part);
      if (absent !== undefined && weight === undefined) {
        places.set(name, absent);
        continue;
      }
      if (weight === undefined) return fail(`layer ${foreign} has no ${part}`);
      if (String(weight.shape) !== String(shape))
        fail(`weight ${quoted(weight.name)}: layer ${foreign} needs [${shape}], found [${weight.shape}]`);
      places.set(name, weight.name);
    }
    const [strange] = own.values();
    if (strange) fail(`weight ${quoted(strange.name)} is none that layer ${foreign} has`);
  }
  return places;
}

/**
 * Weights by layer and part. A name is a path: "lstm/kernel" as TensorFlow.js writes it, "lstm/lstm_cell/kernel" or
 * "sequential/lstm/lstm_cell/kernel" as Keras does, "bi/forward_lstm/kernel" inside of two directions.
 */
function ownersOf(
  described: readonly Described[],
  promised: readonly Promised[],
  fail: (what: string) => never,
): Map<string, Map<string, Promised>> {
  const owners = new Map(described.map(({ name }) => [name, new Map<string, Promised>()]));
  for (const weight of promised) {
    const path = weight.name.replace(/:0$/, '').split('/');
    const last = path.pop() as string;
    const at = path.findIndex((part) => owners.has(part));
    const own = owners.get(path[at] ?? '');
    if (own === undefined) return fail(`weight ${quoted(weight.name)} belongs to no layer`);
    const direction =
      path
        .slice(at + 1)
        .map((part) => /^(?:forward|backward)_/.exec(part)?.[0])
        .find(Boolean) ?? '';
    if (own.has(direction + last)) fail(`weight ${quoted(weight.name)} is there twice`);
    own.set(direction + last, weight);
  }
  return owners;
}

function weightsOf(planned: readonly PlannedLayer[], places: Places, given: ReadonlyMap<string, Tensor>): Tensors {
  const plans: WeightPlan[] = planned.flatMap(({ weights }) => [...weights]);
  return new Map(
    plans.map(({ name, shape }) => {
      const place = places.get(name) as string | number;
      if (typeof place === 'string') return [name, { shape, data: (given.get(place) as Tensor).data }];
      return [name, { shape, data: new Float32Array(sizeOf(shape)).fill(place) }];
    }),
  );
}
