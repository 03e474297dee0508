// Layers as tf.layers describes them in JSON (the Keras form), and the names its weights go by. In: planned layers. Out: plain JSON.
// Not here: the weights' bytes (../tfjs.ts), reading (read.ts).

import { ForecastError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { LayerName, SpecOf } from '../../layers/layer.ts';
import type { PlannedLayer } from '../../layers/plan.ts';

/** The hint of every refusal: the other format has a form for everything. */
export const ELSEWHERE = 'export it with --to onnx';

type Describe<Spec> = (spec: Spec, layer: PlannedLayer) => JsonObject;

const DESCRIBE: { readonly [K in LayerName]: Describe<SpecOf<K>> } = {
  dense: (spec) => layerJson('Dense', spec.name, { units: spec.units, activation: spec.activation, ...BIAS, ...DRAWN }),
  dropout: (spec) => layerJson('Dropout', spec.name, { rate: spec.rate, noise_shape: null, seed: null }),
  embedding: (spec, layer) =>
    layerJson('Embedding', spec.name, {
      input_dim: layer.input.features,
      output_dim: spec.units,
      embeddings_initializer: ZEROS,
      mask_zero: false,
      input_length: null,
    }),
  'layer-norm': (spec) =>
    layerJson('LayerNormalization', spec.name, {
      axis: -1,
      epsilon: spec.epsilon,
      center: true,
      scale: true,
      beta_initializer: ZEROS,
      gamma_initializer: ZEROS,
    }),
  'simple-rnn': (spec) => recurrent('SimpleRNN', spec, { activation: spec.activation }),
  lstm: (spec) =>
    recurrent('LSTM', spec, {
      activation: spec.activation,
      recurrent_activation: 'sigmoid',
      unit_forget_bias: false,
      implementation: 1,
    }),
  gru: (spec) => {
    throw new ForecastError(
      'E_MODEL_LAYER',
      `tfjs has no form for layer "${spec.name}" (gru): tf.layers knows no reset_after`,
      { where: `model.layers (${spec.name})`, hint: ELSEWHERE },
    );
  },
};

/** Errors: E_MODEL_LAYER naming a layer that tf.layers cannot express. */
export function layerTopology(layer: PlannedLayer): JsonObject {
  const describe = DESCRIBE[layer.spec.kind] as Describe<PlannedLayer['spec']> | undefined;
  if (describe) return describe(layer.spec, layer);
  throw new ForecastError('E_MODEL_LAYER', `tfjs has no form for layer "${layer.spec.name}" (${layer.spec.kind})`, {
    hint: ELSEWHERE,
  });
}

/** Of "bi/forward_kernel": "bi/forward_lstm/kernel", as tf.layers calls the weights of the two directions. */
export function weightName(layer: PlannedLayer, full: string): string {
  const { spec } = layer;
  const part = full.slice(spec.name.length + 1);
  const direction = /^(?:forward|backward)_/.exec(part)?.[0] ?? '';
  return direction === '' ? full : `${spec.name}/${direction}${spec.kind}/${part.slice(direction.length)}`;
}

/** Values come with the model; drawing first ones would only cost time. */
const ZEROS: JsonObject = { class_name: 'Zeros', config: {} };
const DRAWN: JsonObject = { kernel_initializer: ZEROS };
const BIAS: JsonObject = { use_bias: true, bias_initializer: ZEROS };

type RecurrentSpec = SpecOf<'lstm'> | SpecOf<'simple-rnn'>;

function recurrent(className: string, spec: RecurrentSpec, own: JsonObject): JsonObject {
  const config: JsonObject = {
    units: spec.units,
    ...own,
    ...BIAS,
    ...DRAWN,
    recurrent_initializer: ZEROS,
    dropout: 0,
    recurrent_dropout: 0,
    return_sequences: spec.sequences,
    return_state: false,
    go_backwards: false,
    stateful: false,
    unroll: false,
  };
  if (!spec.bidirectional) return layerJson(className, spec.name, config);
  const layer = layerJson(className, spec.kind, config);
  return layerJson('Bidirectional', spec.name, { merge_mode: 'concat', layer });
}

function layerJson(className: string, name: string, config: JsonObject): JsonObject {
  return { class_name: className, config: { name, trainable: true, ...config } };
}
