// Files that Keras' converter writes, and files that somebody has bent: read as what they mean, or refused as a ForecastError.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ForecastError } from '../../src/core/errors.ts';
import { random } from '../../src/core/random.ts';
import { compileReference } from '../../src/engines/reference/compiled.ts';
import type { ForeignModel } from '../../src/formats/format.ts';
import { tfjs } from '../../src/formats/tfjs.ts';
import type { Network } from '../../src/models/network.ts';
import { cutsAt } from '../../src/window/cuts.ts';
import { roughWeights, shape, windows } from '../engines/harness.ts';
import { language, regressor, SERIES, stack, WORDS } from './cases.ts';
import { worst } from './windows.ts';

// biome-ignore lint/suspicious/noExplicitAny: files of any form are the point
type Json = { [key: string]: any };

interface File {
  readonly network: Network;
  readonly json: Json;
  readonly bytes: Uint8Array;
}

function written(network: Network): File {
  const { files } = tfjs.write({ network, weights: roughWeights(network), shape: shape(), steps: 5 });
  return {
    network,
    json: JSON.parse(String(files.get('model.json'))),
    bytes: files.get('group1-shard1of1.bin') as Uint8Array,
  };
}

function read(json: Json | string, bytes: Uint8Array): ForeignModel {
  const text = typeof json === 'string' ? json : JSON.stringify(json);
  const { groups, finish } = tfjs.read!(text, 'model.json');
  let at = 0;
  const take = (size: number): Uint8Array => {
    at += size;
    return bytes.subarray(at - size, at);
  };
  return finish(groups.map((group) => take(group.bytes)));
}

const layersOf = (json: Json): Json[] => json.modelTopology.config.layers;
const weightsOf = (json: Json): Json[] => json.weightsManifest[0].weights;

/** The model predicts as the network it came from. */
async function expectSame({ network }: File, { weights }: ForeignModel): Promise<void> {
  const all = windows(network.input.kind === 'tokens' ? WORDS : SERIES, shape());
  const [ours, theirs] = await Promise.all(
    [roughWeights(network), weights].map((one) => compileReference(network, one).predict(all)),
  );
  expect(worst(theirs!, ours!)).toBeLessThan(1e-5);
}

describe('what Keras writes', () => {
  it.each(['sequential', 'functional'])('%s, predicted by Keras itself', async (name) => {
    const { model, weights, window, expected } = JSON.parse(
      readFileSync(join(import.meta.dirname, 'keras', `${name}.json`), 'utf8'),
    );
    const found = read(model, Buffer.from(weights, 'base64'));
    const own = shape({ horizon: 2 });
    const sequence = { ...SERIES, length: 5, segments: [{ start: 0, end: 5 }], targets: [Float64Array.from(window)] };
    const network = stack(found.layers)(sequence, own);
    const all = { sequence, shape: own, cuts: cutsAt([5], [0]) };
    expect(worst(await compileReference(network, found.weights).predict(all), expected)).toBeLessThan(1e-5);
  });

  it('with cells in the names of weights, a prefix, and a version suffix', async () => {
    const file = written(regressor({ units: [3, 2], bidirectional: true })(SERIES, shape()));
    for (const weight of weightsOf(file.json)) {
      const parts = weight.name.split('/');
      const cell =
        parts.length > 2 || parts[0].startsWith('lstm') ? [...parts.slice(0, -1), 'lstm_cell_7', parts.at(-1)] : parts;
      weight.name = `sequential_3/${cell.join('/')}:0`;
    }
    await expectSame(file, read(file.json, file.bytes));
  });

  it('inside of model_config, with what training left there', async () => {
    const file = written(regressor({ units: 3 })(SERIES, shape()));
    const { modelTopology } = file.json;
    const config = {
      keras_version: '2.15.0',
      backend: 'tensorflow',
      model_config: modelTopology,
      training_config: { loss: 'mse' },
    };
    for (const layer of layersOf(file.json)) {
      Object.assign(layer, {
        module: 'keras.layers',
        registered_name: null,
        build_config: { input_shape: [null, 5, 1] },
      });
      Object.assign(layer.config, {
        dtype: { class_name: 'DTypePolicy', config: { name: 'float32' } },
        kernel_regularizer: null,
        seed: 3,
      });
    }
    await expectSame(file, read({ ...file.json, modelTopology: config }, file.bytes));
  });

  it.each([
    ['2', (name: string) => [[[name, 0, 0, {}]]]],
    [
      '3',
      (name: string) => [
        { args: [{ class_name: '__keras_tensor__', config: { keras_history: [name, 0, 0] } }], kwargs: {} },
      ],
    ],
  ])('as a functional model of Keras %s, its layers in any order', async (_, node) => {
    const file = written(regressor({ units: [3, 2], dropout: 0.2 })(SERIES, shape()));
    const layers = layersOf(file.json);
    layers.forEach((layer, i) => {
      layer.name = layer.config.name;
      layer.inbound_nodes = i === 0 ? [] : node(layers[i - 1]!.config.name);
    });
    file.json.modelTopology.class_name = 'Functional';
    layers.reverse();
    await expectSame(file, read(file.json, file.bytes));
    const leaving = (outputs: unknown) => {
      file.json.modelTopology.config.output_layers = outputs;
      return read(file.json, file.bytes);
    };
    await expectSame(file, leaving([['dense', 0, 0]]));
    await expectSame(file, leaving(['dense', 0, 0]));
    expect(() =>
      leaving([
        ['dense', 0, 0],
        ['lstm_2', 0, 0],
      ]),
    ).toThrow(/the model has 2 outputs/);
    expect(() => leaving([['lstm_2', 0, 0]])).toThrow(/layer "lstm_2" leaves the model, and is not its last/);
    expect(() => leaving([])).toThrow(/the model has 0 outputs/);
  });

  it('a GRU with reset_after, which tf.layers itself does not load', async () => {
    const network = regressor({ units: 3, cell: 'gru' })(SERIES, shape());
    const weights = roughWeights(network);
    const layer = (class_name: string, config: object): Json => ({ class_name, config });
    const layers = [
      layer('InputLayer', { name: 'in', batch_input_shape: [null, 5, 1] }),
      layer('GRU', { name: 'gru', units: 3, activation: 'tanh', recurrent_activation: 'sigmoid', reset_after: true }),
      layer('Dense', { name: 'dense', units: 1, activation: 'linear' }),
    ];
    const list = [...weights].map(([name, { shape: size }]) => ({ name, shape: size, dtype: 'float32' }));
    const bytes = new Uint8Array(Float32Array.from([...weights.values()].flatMap(({ data }) => [...data])).buffer);
    const json = {
      modelTopology: { class_name: 'Sequential', config: { layers } },
      weightsManifest: [{ paths: ['w'], weights: list }],
    };
    const found = read(json, bytes);
    expect(found.layers[0]).toMatchObject({ kind: 'gru', units: 3 });
    await expectSame({ network, json, bytes }, found);
    const [, gru] = layers;
    for (const other of [
      { reset_after: false },
      { reset_after: undefined },
      { recurrent_activation: 'hard_sigmoid' },
    ]) {
      const changed = {
        ...json,
        modelTopology: {
          class_name: 'Sequential',
          config: { layers: [layers[0], { ...gru, config: { ...gru!.config, ...other } }, layers[2]] },
        },
      };
      expect(() => read(changed, bytes)).toThrow(/layer "gru" \(GRU\): (?:reset_after|recurrent_activation)/);
    }
  });

  it('a softmax at the end, which stands in the loss here', async () => {
    const file = written(language({ embedding: 3, layers: [{ kind: 'lstm', units: 3 }] })(WORDS, shape()));
    layersOf(file.json).at(-1)!.config.activation = 'softmax';
    const found = read(file.json, file.bytes);
    expect(found).toMatchObject({ softmax: true, outputs: 7, input: { ids: true, features: 7 } });
    expect(found.layers.at(-1)).toMatchObject({ kind: 'dense', activation: 'linear' });
    await expectSame(file, found);
    const middle = written(
      stack([
        { kind: 'dense', units: 2 },
        { kind: 'lstm', units: 2 },
        { kind: 'dense', units: 1 },
      ])(SERIES, shape()),
    );
    layersOf(middle.json)[1]!.config.activation = 'softmax';
    expect(() => read(middle.json, middle.bytes)).toThrow(/layer "dense" \(Dense\): activation "softmax"/);
  });

  it('but no masks: a model that skips steps by what they hold is refused by the layer’s name', () => {
    const file = written(language({ embedding: 3, layers: [{ kind: 'lstm', units: 3 }] })(WORDS, shape()));
    const embedding = layersOf(file.json).find(({ class_name }) => class_name === 'Embedding');
    expect(() => read(file.json, file.bytes)).not.toThrow();
    embedding!.config.mask_zero = true;
    expect(() => read(file.json, file.bytes)).toThrow(/layer "embedding" \(Embedding\): mask_zero "true"/);
    const masking = written(regressor({ units: 3 })(SERIES, shape()));
    layersOf(masking.json).splice(1, 0, { class_name: 'Masking', config: { name: 'masking', mask_value: 0 } });
    expect(() => read(masking.json, masking.bytes)).toThrow(/layer "masking" is of class "Masking"/);
  });

  it('with weights in several files and groups', async () => {
    const file = written(regressor({ units: 3 })(SERIES, shape()));
    const list = weightsOf(file.json);
    file.json.weightsManifest = [
      { paths: ['group1-shard1of2.bin', 'group1-shard2of2.bin'], weights: list.slice(0, 2) },
      { paths: ['group2-shard1of1.bin'], weights: list.slice(2) },
    ];
    await expectSame(file, read(file.json, file.bytes));
  });
});

describe('bent files', () => {
  const file = written(regressor({ units: [2, 2], bidirectional: true })(SERIES, shape()));
  const text = JSON.stringify(file.json);
  const draws = random(17, 'test/bent');

  /** Nothing but a model or a ForecastError of exit 7 comes out. */
  const tryRead = (bent: string): void => {
    try {
      read(bent, file.bytes);
    } catch (error) {
      if (!(error instanceof ForecastError) || error.exit !== 7) throw error;
      if (!error.hint || error.where !== 'model.json') throw error;
    }
  };

  it('cut anywhere', () => {
    for (let end = 0; end < text.length; end++) tryRead(text.slice(0, end));
  });

  it('with characters changed, 3,000 times', () => {
    for (let n = 0; n < 3000; n++) {
      const at = draws.integer(text.length);
      tryRead(text.slice(0, at) + '{}[]",:0129-e.ntf\\u'[draws.integer(20)] + text.slice(at + 1));
    }
  });

  it('with values replaced, 4,000 times', () => {
    const values: unknown[] = [
      null,
      -1,
      1e308,
      0.5,
      '',
      'lstm',
      [],
      {},
      [[]],
      true,
      '__proto__',
      { __proto__: null },
      2 ** 53,
      [1e9, 1e9, 1e9],
    ];
    const places: [Json, string][] = [];
    const walk = (node: Json): void => {
      for (const key of Object.keys(node)) {
        places.push([node, key]);
        if (node[key] !== null && typeof node[key] === 'object') walk(node[key]);
      }
    };
    const json = JSON.parse(text);
    walk(json);
    for (let n = 0; n < 4000; n++) {
      const [node, key] = places[draws.integer(places.length)]!;
      const before = node[key];
      node[key] = values[draws.integer(values.length)];
      tryRead(JSON.stringify(json));
      node[key] = before;
    }
  });
});
