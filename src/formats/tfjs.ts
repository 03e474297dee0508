// TensorFlow.js layers: model.json and one file of weights, as `tf.loadLayersModel` reads them.
// In: a trained network. Out: the two files, and the way back. Not here: what tf.layers cannot express (it is refused), encoders (guide.ts).

import { stableJson } from '../core/json.ts';
import { sizeOf, type Tensor } from '../core/tensor.ts';
import { planNetwork } from '../models/plan.ts';
import { type ExportedModel, type Format, type Port, refuseUnknown, type TrainedModel } from './format.ts';
import { readLayersModel } from './tfjs/read.ts';
import { ELSEWHERE, layerTopology, weightName } from './tfjs/topology.ts';
import { weightOf } from './weights.ts';

const MODEL = 'model.json';
const SHARD = 'group1-shard1of1.bin';
/** State begins at zero in each window given alone, here as there. */
const KNOWN: ReadonlySet<string> = new Set(['carry']);

export const tfjs: Format = {
  kind: 'tfjs',
  summary: 'TensorFlow.js layers model: what tf.layers can express.',
  write(model) {
    const { network, weights } = model;
    refuseUnknown(network, 'tfjs', KNOWN, ELSEWHERE);
    const plan = planNetwork(network);
    const input = inputOf(model, plan.input.features);
    const named = plan.layers.flatMap((layer) =>
      layer.weights.map((weight) => ({ name: weightName(layer, weight.name), tensor: weightOf(weights, weight) })),
    );
    const entry = {
      class_name: 'InputLayer',
      config: {
        batch_input_shape: [null, ...input.shape.slice(1).map(sizeOrAny)],
        dtype: input.type,
        sparse: false,
        name: input.name,
      },
    };
    const topology = {
      class_name: 'Sequential',
      config: { name: 'forecast', layers: [entry, ...plan.layers.map(layerTopology)] },
    };
    const text = stableJson({
      format: 'layers-model',
      generatedBy: 'forecast-toolkit',
      convertedBy: null,
      modelTopology: topology,
      weightsManifest: [
        {
          paths: [SHARD],
          weights: named.map(({ name, tensor }) => ({ name, shape: tensor.shape, dtype: 'float32' })),
        },
      ],
    });
    return {
      files: new Map<string, string | Uint8Array>([
        [MODEL, text],
        [SHARD, float32Bytes(named.map(({ tensor }) => tensor))],
      ]),
      input,
      output: outputOf(model, plan.output.sequence),
      facts: { file: MODEL },
    } satisfies ExportedModel;
  },
  read: readLayersModel,
};

function sizeOrAny(size: number | string): number | null {
  return typeof size === 'number' ? size : null;
}

function inputOf({ network, steps }: TrainedModel, features: number): Port {
  const time = steps ?? 'steps';
  if (network.input.kind === 'numbers')
    return {
      name: 'window',
      type: 'float32',
      shape: ['batch', time, features],
      holds: 'encoded values, oldest step first',
    };
  if (network.layers[0]?.kind === 'embedding')
    return { name: 'ids', type: 'int32', shape: ['batch', time], holds: 'token ids, oldest first' };
  return {
    name: 'window',
    type: 'float32',
    shape: ['batch', time, features],
    holds: 'one-hot rows of token ids, oldest first; zeros for an unknown token',
  };
}

function outputOf({ network, steps }: TrainedModel, sequence: boolean): Port {
  const { output } = network;
  const every = sequence ? [steps ?? 'steps'] : [];
  const which = sequence ? '; of the steps given, the last one is the forecast' : '';
  if (output.kind === 'tokens')
    return {
      name: network.layers.at(-1)?.name ?? 'output',
      type: 'float32',
      shape: ['batch', ...every, output.vocabulary],
      holds: `one logit per token id, of the token that follows; softmax gives probabilities${which}`,
    };
  const { horizon, targets, quantiles } = output;
  return {
    name: network.layers.at(-1)?.name ?? 'output',
    type: 'float32',
    shape: ['batch', ...every, horizon * targets * quantiles],
    holds: `encoded values of the steps ahead at (step * ${targets} + target) * ${quantiles} + quantile${which}`,
  };
}

function float32Bytes(tensors: readonly Tensor[]): Uint8Array {
  const bytes = new Uint8Array(4 * tensors.reduce((sum, { shape }) => sum + sizeOf(shape), 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const { data } of tensors) {
    for (let i = 0; i < data.length; i++, at += 4) view.setFloat32(at, data[i] as number, true);
  }
  return bytes;
}
