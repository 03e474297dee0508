// Layers of tf.layers and Keras as this program's: a closed list, and of each a closed list of options.
// In: a described layer. Out: its options as a config writes them. Not here: the chain (chain.ts), weights (weights.ts).

import type { Warning } from '../../core/errors.ts';
import { LAYERS, type LayerOptions } from '../../layers/index.ts';
import type { LayerKind } from '../../layers/layer.ts';
import { type Described, fields, quoted, refuse } from './chain.ts';

/** One layer, translated. */
export interface Translated {
  readonly options: LayerOptions;
  /** Weights that the layer does without, and what stands for them. */
  readonly absent: ReadonlyMap<string, number>;
  /** A softmax that stands in the loss here. */
  readonly softmax: boolean;
}

/** Takes one option after the other from a layer's config, so that what is left over is known. */
interface Reader {
  readonly layer: Described;
  readonly where: string;
  readonly taken: Set<string>;
  readonly warnings: Warning[];
}

/** What the layer stands behind and before. */
export interface Place {
  /** Rank of the layer's input, the batch included. */
  readonly rank: number;
  readonly last: boolean;
}

type Translate = (reader: Reader, place: Place) => Translated;

const CLASSES: ReadonlyMap<string, Translate> = new Map<string, Translate>([
  ['Dense', dense],
  ['Dropout', dropout],
  ['Embedding', embedding],
  ['LayerNormalization', layerNorm],
  ['SimpleRNN', recurrent('simple-rnn')],
  ['LSTM', recurrent('lstm')],
  ['GRU', recurrent('gru')],
  ['Bidirectional', bidirectional],
  ['TimeDistributed', timeDistributed],
]);

/** Errors: E_MODEL_LAYER naming the layer, and the option that has no counterpart here. */
export function translate(layer: Described, where: string, place: Place, warnings: Warning[]): Translated {
  const found = CLASSES.get(layer.className);
  if (found === undefined)
    refuse(
      `layer ${quoted(layer.name)} is of class ${quoted(layer.className)}`,
      where,
      `known are ${[...CLASSES.keys()].join(', ')}`,
    );
  return whole({ layer, where, taken: new Set(), warnings }, found, place);
}

/** A layer whose every option was looked at. */
function whole(reader: Reader, found: Translate, place: Place): Translated {
  const translated = found(reader, place);
  for (const [key, value] of reader.layer.config) {
    const nothing = value === null || value === false;
    if (!nothing && !reader.taken.has(key) && !HARMLESS.test(key)) refuseOption(reader, key, value);
  }
  const { kind, ...options } = translated.options;
  const checked = (LAYERS[kind] as LayerKind).options.safeParse(options);
  if (checked.success) return translated;
  const [issue] = checked.error.issues;
  const what = `layer ${quoted(reader.layer.name)}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`;
  return refuse(what, reader.where, 'the file is damaged, or asks for more than there is');
}

/** Options that change no prediction: how values were first drawn and held while training, how the work is done, names. */
const HARMLESS =
  /^(?:name|trainable|dtype|batch_input_shape|batch_shape|seed|unroll|implementation|unit_forget_bias|ragged|sparse|input_length|use_cudnn|zero_output_for_mask|gpu_implementation|optional|\w+_(?:initializer|regularizer|constraint))$/;

function dense(reader: Reader, { last }: Place): Translated {
  const activation = text(reader, 'activation', 'linear');
  const softmax = activation === 'softmax' && last;
  return {
    options: {
      kind: 'dense',
      units: number(reader, 'units'),
      activation: softmax ? 'linear' : activationOf(reader, activation),
    },
    absent: bool(reader, 'use_bias', true) ? NONE : new Map([['bias', 0]]),
    softmax,
  };
}

function dropout(reader: Reader): Translated {
  only(reader, 'noise_shape', null);
  return { options: { kind: 'dropout', rate: number(reader, 'rate') }, absent: NONE, softmax: false };
}

function embedding(reader: Reader): Translated {
  only(reader, 'mask_zero', false);
  number(reader, 'input_dim');
  return { options: { kind: 'embedding', units: number(reader, 'output_dim') }, absent: NONE, softmax: false };
}

function layerNorm(reader: Reader, { rank }: Place): Translated {
  const axis = [take(reader, 'axis') ?? -1].flat();
  if (axis.length !== 1 || (axis[0] !== -1 && axis[0] !== rank - 1)) refuseOption(reader, 'axis', axis);
  const absent = new Map<string, number>();
  if (!bool(reader, 'scale', true)) absent.set('gamma', 1);
  if (!bool(reader, 'center', true)) absent.set('beta', 0);
  return { options: { kind: 'layer-norm', epsilon: number(reader, 'epsilon', 0.001) }, absent, softmax: false };
}

function recurrent(kind: 'lstm' | 'gru' | 'simple-rnn'): Translate {
  return (reader) => {
    for (const key of ['go_backwards', 'stateful', 'return_state', 'time_major']) only(reader, key, false);
    for (const key of ['dropout', 'recurrent_dropout']) {
      const rate = number(reader, key, 0);
      if (rate === 0) continue;
      const message = `layer ${quoted(reader.layer.name)}: ${key} ${rate} works in training only, and is left out`;
      reader.warnings.push({ code: 'W_IMPORT_DROPOUT', message });
    }
    // The defaults of tf.layers, which a file may leave out.
    if (kind !== 'simple-rnn') only(reader, 'recurrent_activation', 'sigmoid', 'hard_sigmoid');
    if (kind === 'gru') only(reader, 'reset_after', true, false);
    const activation = text(reader, 'activation', 'tanh');
    if (kind === 'gru' && activation !== 'tanh') refuseOption(reader, 'activation', activation);
    if (kind === 'lstm' && activation !== 'tanh' && activation !== 'relu')
      refuseOption(reader, 'activation', activation);
    return {
      options: {
        kind,
        units: number(reader, 'units'),
        sequences: bool(reader, 'return_sequences', false),
        bidirectional: false,
        ...(kind === 'gru' ? {} : { activation: activationOf(reader, activation) }),
      },
      absent: bool(reader, 'use_bias', true) ? NONE : new Map([['bias', 0]]),
      softmax: false,
    };
  };
}

/** Two readings of one recurrent layer, side by side. */
function bidirectional(reader: Reader, place: Place): Translated {
  only(reader, 'merge_mode', 'concat');
  const { inner, translated } = wrapped(reader, place, ['SimpleRNN', 'LSTM', 'GRU']);
  const backward = take(reader, 'backward_layer');
  if (backward !== null && backward !== undefined) {
    const config = new Map(fields(fields(backward).get('config')));
    const forward = new Map(inner.config);
    const differs = (key: string): boolean => JSON.stringify(config.get(key)) !== JSON.stringify(forward.get(key));
    const strange = ['units', 'activation', 'recurrent_activation', 'use_bias', 'return_sequences', 'reset_after'].find(
      differs,
    );
    if (strange !== undefined) refuseOption(reader, `backward_layer.${strange}`, config.get(strange));
    if (config.get('go_backwards') !== true)
      refuseOption(reader, 'backward_layer.go_backwards', config.get('go_backwards'));
  }
  const absent = new Map(
    [...translated.absent].flatMap(([part, value]) => [
      [`forward_${part}`, value] as const,
      [`backward_${part}`, value] as const,
    ]),
  );
  return { options: { ...translated.options, bidirectional: true }, absent, softmax: false };
}

/** A dense layer works step by step of itself. */
function timeDistributed(reader: Reader, place: Place): Translated {
  return wrapped(reader, place, ['Dense']).translated;
}

function wrapped(
  reader: Reader,
  place: Place,
  classes: readonly string[],
): { inner: Described; translated: Translated } {
  const layer = fields(take(reader, 'layer'));
  const className = String(layer.get('class_name'));
  const { name } = reader.layer;
  const inner: Described = { className, name, config: fields(layer.get('config')) };
  const found = classes.includes(className) ? CLASSES.get(className) : undefined;
  if (found === undefined)
    return refuse(
      `layer ${quoted(name)} (${reader.layer.className}) holds one of class ${quoted(className)}`,
      reader.where,
      `it may hold ${classes.join(', ')}`,
    );
  return { inner, translated: whole({ ...reader, layer: inner, taken: new Set() }, found, place) };
}

const NONE: ReadonlyMap<string, number> = new Map();

const ACTIVATIONS: readonly unknown[] = ['linear', 'relu', 'tanh', 'sigmoid'];

function activationOf(reader: Reader, activation: string): string {
  return ACTIVATIONS.includes(activation) ? activation : refuseOption(reader, 'activation', activation);
}

function take(reader: Reader, key: string): unknown {
  reader.taken.add(key);
  return reader.layer.config.get(key);
}

/** The option at its one value; `standard` is what it means where it is not written. */
function only(reader: Reader, key: string, value: unknown, standard: unknown = value): void {
  const found = take(reader, key) ?? standard;
  if (found !== value) refuseOption(reader, key, found);
}

function number(reader: Reader, key: string, standard?: number): number {
  const found = take(reader, key) ?? standard;
  return typeof found === 'number' ? found : refuseOption(reader, key, found);
}

function bool(reader: Reader, key: string, standard: boolean): boolean {
  const found = take(reader, key) ?? standard;
  return typeof found === 'boolean' ? found : refuseOption(reader, key, found);
}

function text(reader: Reader, key: string, standard: string): string {
  const found = take(reader, key) ?? standard;
  return typeof found === 'string' ? found : refuseOption(reader, key, found);
}

function refuseOption({ layer, where }: Reader, key: string, value: unknown): never {
  const shown = quoted(typeof value === 'string' ? value : (JSON.stringify(value) ?? 'absent'));
  return refuse(
    `layer ${quoted(layer.name)} (${layer.className}): ${key} ${shown} has no counterpart here`,
    where,
    'train the model without it, or here',
  );
}
