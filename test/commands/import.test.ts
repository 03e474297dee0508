// Models trained elsewhere, in the place of training: the numbers stay theirs, a round trip changes nothing, hostile files are one line.

import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readModels } from '../../src/artifact/model.ts';
import { readRunFolder } from '../../src/artifact/run-folder.ts';
import { exportRun } from '../../src/commands/export.ts';
import { importModel } from '../../src/commands/import.ts';
import { generate, predict } from '../../src/commands/stored.ts';
import { ForecastError } from '../../src/core/errors.ts';
import { run } from '../../src/run.ts';
import { saveLayers, tensorflow } from '../formats/tensorflow.ts';
import { workspace } from '../support/workspace.ts';

const space = workspace();
const at = (...names: string[]): string => join(space.path, ...names);

const NUMBERS = `
source: { kind: generated, series: trend-season, length: 80 }
split: { validation: 10 }
encoder: { kind: standard }
window: { context: 6, horizon: 2 }
model: { kind: lstm-regressor, units: [4, 3], dropout: 0.1, bidirectional: true }
train: { epochs: 2 }
predict: { horizon: 5 }
`;
const TEXT = `
source: { kind: text, lines: [the cat sat, the dog sat, a cat ran, a dog ran far] }
encoder: { kind: words }
window: { kind: prefixes }
model: { kind: language-model, embedding: 3, layers: [{ kind: lstm, units: 4 }] }
train: { epochs: 3 }
predict: { length: 3, prompt: the }
`;
const SYMBOLS = TEXT.replace('{ kind: words }', '{ kind: characters, form: one-hot }')
  .replace('embedding: 3, ', '')
  .replace('kind: prefixes', 'kind: sliding, context: 4');

const close = (found: readonly number[], expected: readonly number[]): void => {
  expect(found).toHaveLength(expected.length);
  for (const [i, value] of expected.entries()) expect(found[i]).toBeCloseTo(value, 4);
};

describe('import(export(run))', () => {
  it('forecasts the same numbers, and is judged by the same ones', async () => {
    const config = space.write('numbers.yaml', NUMBERS);
    const original = await run(config, { out: at('numbers') });
    const { folder } = await exportRun(at('numbers'), { to: 'tfjs' });
    const imported = await importModel(join(folder, 'model.json'), config, { out: at('numbers-back') });
    close(
      imported.result.forecast.map(({ value }) => value),
      original.result.forecast.map(({ value }) => value),
    );
    const scores = (outcome: typeof original) => outcome.result.scores.map(({ metrics }) => metrics.rmse as number);
    close(scores(imported), scores(original));
    expect(imported.result.fit).toMatchObject({ epochs: 0, loss: null });
    close(
      (await predict(at('numbers-back'), { horizon: 9 })).rows.map(({ value }) => value),
      (await predict(at('numbers'), { horizon: 9 })).rows.map(({ value }) => value),
    );
  });

  it('ends in the same bytes, however often it goes round', async () => {
    const config = space.write('round.yaml', NUMBERS);
    await run(config, { out: at('round') });
    const first = await exportRun(at('round'), { to: 'tfjs' });
    await importModel(first.folder, config, { out: at('round-2') });
    const second = await exportRun(at('round-2'), { to: 'tfjs' });
    const shard = (folder: string) => readFileSync(join(folder, 'group1-shard1of1.bin'));
    expect(shard(second.folder).equals(shard(first.folder))).toBe(true);
    expect(JSON.parse(readFileSync(join(second.folder, 'model.json'), 'utf8')).modelTopology).toEqual(
      JSON.parse(readFileSync(join(first.folder, 'model.json'), 'utf8')).modelTopology,
    );
  });

  it.each([
    ['embedded words', TEXT],
    ['one-hot characters', SYMBOLS],
  ])('goes on with the same text: %s', async (what, text) => {
    const name = what.replace(/\W/g, '-');
    const config = space.write(`${name}.yaml`, text);
    const original = await run(config, { out: at(name) });
    const { folder } = await exportRun(at(name), { to: 'tfjs' });
    const imported = await importModel(folder, config, { out: at(`${name}-back`) });
    expect(imported.result.text).toMatchObject([{ text: original.result.text[0]!.text }]);
    const [own, theirs] = [imported, original].map(({ result }) => result.text[0]!.next);
    expect(own!.map(({ token }) => token)).toEqual(theirs!.map(({ token }) => token));
    expect((await generate(at(`${name}-back`), { prompt: 'a' })).text).toBe(
      (await generate(at(name), { prompt: 'a' })).text,
    );
  });

  it('can be trained on, and read back', async () => {
    const config = space.write('on.yaml', NUMBERS);
    await run(config, { out: at('on') });
    const { folder } = await exportRun(at('on'), { to: 'tfjs' });
    const imported = await importModel(folder, config, { out: at('on-back') });
    expect((await importModel(folder, config, { out: at('on-back') })).stored).toBe(true);
    const further = await run(imported.folder, { out: at('further'), continueFrom: imported.folder });
    expect(further.result.fit.epochs).toBe(2);
    const weights = async (name: string) => [...readModels(await readRunFolder(at(name))).values()][0]!.parts.weights;
    expect((await weights('further')).get('dense/bias')!.data).not.toEqual(
      (await weights('on-back')).get('dense/bias')!.data,
    );
  });
});

describe.skipIf(tensorflow === null)('models of tf.layers', () => {
  const layers = () => tensorflow.layers;
  const gates = { recurrentActivation: 'sigmoid' };

  /** A model saved by TensorFlow.js, in a folder. */
  async function saved(name: string, model: unknown): Promise<string> {
    for (const [file, content] of await saveLayers(model as never)) {
      mkdirSync(at(name), { recursive: true });
      writeFileSync(at(name, file), content);
    }
    return at(name, 'model.json');
  }

  const config = `
source: { kind: csv, file: series.csv }
split: { validation: 6 }
encoder: { kind: none }
window: { context: 5, horizon: 2 }
model: lstm-regressor
predict: { horizon: 2 }
`;
  const values = Array.from({ length: 30 }, (_, i) => Math.round(100 * Math.sin(i / 2)) / 100);

  beforeAll(() => {
    const rows = values.map((value, i) => `${1990 + i},${value}\n`);
    space.write('series.csv', `year,y\n${rows.join('')}`);
    space.write('foreign.yaml', config);
  });

  const models: readonly [string, () => unknown][] = [
    [
      'stacked, both directions, without biases',
      () => {
        const lstm = layers().lstm({ units: 3, ...gates, returnSequences: true, useBias: false });
        const first = layers().bidirectional({ layer: lstm, mergeMode: 'concat', inputShape: [5, 1] });
        const list = [
          first,
          layers().simpleRNN({ units: 4, activation: 'relu' }),
          layers().dense({ units: 2, useBias: false }),
        ];
        return tensorflow.sequential({ layers: list });
      },
    ],
    [
      'functional, with normalised layers, any number of steps',
      () => {
        const input = tensorflow.input({ shape: [null, 1] });
        let rows = layers().dense({ units: 4, activation: 'tanh' }).apply(input);
        rows = layers().layerNormalization({ epsilon: 0.01, center: false }).apply(rows);
        rows = layers()
          .lstm({ units: 3, ...gates, activation: 'relu' })
          .apply(rows);
        rows = layers()
          .layerNormalization({})
          .apply(layers().dropout({ rate: 0.3 }).apply(rows));
        return tensorflow.model({ inputs: input, outputs: layers().dense({ units: 2 }).apply(rows) });
      },
    ],
    [
      'a dense layer for each step',
      () => {
        const dense = layers().timeDistributed({
          layer: layers().dense({ units: 3, activation: 'sigmoid' }),
          inputShape: [5, 1],
        });
        return tensorflow.sequential({
          layers: [dense, layers().lstm({ units: 2, ...gates }), layers().dense({ units: 2 })],
        });
      },
    ],
  ];

  it.each(models)('%s: forecast what TensorFlow.js forecasts', async (what, make) => {
    const name = what.replace(/\W+/g, '-');
    const model = make() as { predict(x: unknown): { dataSync(): Float32Array } };
    const file = await saved(name, model);
    const { result } = await importModel(file, at('foreign.yaml'), { out: at(`${name}-run`) });
    const window = tensorflow.tensor(values.slice(-5), [1, 5, 1]);
    close(
      result.forecast.map(({ value }) => value),
      Array.from(model.predict(window).dataSync()),
    );
  });

  it('warns of dropout inside a recurrent layer', async () => {
    const lstm = layers().lstm({ units: 3, ...gates, recurrentDropout: 0.2, inputShape: [5, 1] });
    const file = await saved('inner', tensorflow.sequential({ layers: [lstm, layers().dense({ units: 2 })] }));
    const warnings: unknown[] = [];
    const on = (event: { kind: string; warning?: unknown }) =>
      void (event.kind === 'warning' && warnings.push(event.warning));
    await importModel(file, at('foreign.yaml'), { out: at('inner-run'), on });
    expect(warnings).toMatchObject([
      { code: 'W_IMPORT_DROPOUT', message: expect.stringMatching(/recurrent_dropout 0\.2/) },
    ]);
  });

  it.each<[string, () => unknown, RegExp]>([
    [
      'gates of a hard sigmoid',
      () => layers().lstm({ units: 3, inputShape: [5, 1] }),
      /"lstm_LSTM\d+" \(LSTM\): recurrent_activation "hardSigmoid|recurrent_activation "hard_sigmoid/,
    ],
    [
      'a gru of tf.layers',
      () => layers().gru({ units: 3, ...gates, inputShape: [5, 1] }),
      /\(GRU\): reset_after "false"/,
    ],
    [
      'a reading backwards',
      () => layers().lstm({ units: 3, ...gates, goBackwards: true, inputShape: [5, 1] }),
      /go_backwards "true"/,
    ],
    ['a convolution', () => layers().conv1d({ filters: 2, kernelSize: 2, inputShape: [5, 1] }), /class "Conv1D"/],
    [
      'an activation',
      () => layers().dense({ units: 3, activation: 'elu', inputShape: [5, 1] }),
      /\(Dense\): activation "elu"/,
    ],
    [
      'two directions added',
      () =>
        layers().bidirectional({ layer: layers().lstm({ units: 3, ...gates }), mergeMode: 'sum', inputShape: [5, 1] }),
      /merge_mode "sum"/,
    ],
    [
      'a carried state',
      () => layers().lstm({ units: 3, ...gates, stateful: true, batchInputShape: [1, 5, 1] }),
      /stateful "true"/,
    ],
  ])('refuses %s, naming layer and option', async (what, make, says) => {
    const name = `no-${what.replace(/\W+/g, '-')}`;
    const file = await saved(name, tensorflow.sequential({ layers: [make(), layers().dense({ units: 2 })] }));
    const error = await importModel(file, at('foreign.yaml'), { out: at(`${name}-run`) }).catch((e) => e);
    expect(error).toMatchObject({ code: 'E_MODEL_LAYER', exit: 7 });
    expect(error.message).toMatch(says);
    expect(existsSync(at(`${name}-run`))).toBe(false);
  });

  it('refuses a config of what no layers model has', async () => {
    const file = await saved('beyond', models[0]![1]());
    const yaml = space.write(
      'beyond.yaml',
      config.replace('model: lstm-regressor', 'model: { kind: lstm-regressor, skip: true }'),
    );
    await expect(importModel(file, yaml, { out: at('beyond-run') })).rejects.toMatchObject({
      code: 'E_MODEL_SHAPE',
      message: expect.stringMatching(/model\.skip of the config/),
    });
  });

  it.each([
    ['other steps', 'context: 5', 'context: 4', /reads windows of 5 steps, window\.context is 4/],
    ['another horizon', 'horizon: 2 }\nmodel', 'horizon: 3 }\nmodel', /gives 2 values, the config asks for 3/],
    [
      'other columns',
      'file: series.csv',
      'file: series.csv, time: year, target: y, past: [z]',
      /reads 1 values a step, the config gives 2/,
    ],
  ])('refuses a config of %s', async (what, old, now, says) => {
    space.write('series.csv', `year,y,z\n${values.map((value, i) => `${1990 + i},${value},${i % 3}\n`).join('')}`);
    const base = config.replace('file: series.csv', 'file: series.csv, time: year, target: y');
    const file = await saved('fit', models[0]![1]());
    const yaml = space.write(
      `${what.replace(/\W/g, '-')}.yaml`,
      (old.startsWith('file') ? config : base).replace(old, now),
    );
    const error = await importModel(file, yaml, { out: at('misfit') }).catch((e) => e);
    expect(error).toMatchObject({ code: 'E_MODEL_SHAPE', exit: 7 });
    expect(error.message).toMatch(says);
    expect(existsSync(at('misfit'))).toBe(false);
  });
});

describe('hostile models', () => {
  // biome-ignore lint/suspicious/noExplicitAny: files of any form are the point
  type Json = { [key: string]: any };
  const config = NUMBERS.replace('units: [4, 3], dropout: 0.1, bidirectional: true', 'units: [3]');
  let whole: string;

  beforeAll(async () => {
    await run(space.write('hostile.yaml', config), { out: at('hostile') });
    whole = (await exportRun(at('hostile'), { to: 'tfjs' })).folder;
    space.write('secret.bin', 'secret');
  });

  const layer = (json: Json, i: number): Json => json.modelTopology.config.layers[i];
  /** Puts a value at a path of the description. */
  const put =
    (path: string, value: unknown) =>
    (json: Json): void => {
      const keys = path.split('.');
      const last = keys.pop() as string;
      keys.reduce((inner, key) => inner[key], json)[last] = value;
    };
  const SHARD = 'group1-shard1of1.bin';

  it.each<[string, (json: Json, folder: string) => unknown, string, RegExp]>([
    ['no model at all', () => [], 'E_MODEL_HEADER', /weightsManifest/],
    ['null', () => null, 'E_MODEL_HEADER', /weightsManifest/],
    ['no JSON', () => '{', 'E_MODEL_HEADER', /not JSON/],
    ['deep nesting', () => '['.repeat(400_000), 'E_MODEL_HEADER', /not JSON/],
    ['a description of 2 MB', () => ' '.repeat(2_000_000), 'E_MODEL_HEADER', /2000000 bytes, at most 1048576/],
    [
      'a lambda layer',
      put('modelTopology.config.layers.1.class_name', 'Lambda'),
      'E_MODEL_LAYER',
      /layer "lstm" is of class "Lambda"/,
    ],
    [
      'a class called like a method',
      put('modelTopology.config.layers.1.class_name', 'constructor'),
      'E_MODEL_LAYER',
      /"constructor"/,
    ],
    [
      'a prototype in the options',
      (json) => JSON.stringify(json).replace('"units":3', '"__proto__":{"units":9},"units":3'),
      'E_MODEL_LAYER',
      /__proto__/,
    ],
    [
      'an unknown option',
      put('modelTopology.config.layers.1.config.peephole', true),
      'E_MODEL_LAYER',
      /layer "lstm" \(LSTM\): peephole "true"/,
    ],
    [
      'two layers of one name',
      put('modelTopology.config.layers.2.config.name', 'lstm'),
      'E_MODEL_LAYER',
      /two layers are called "lstm"/,
    ],
    [
      'a layer of 1e15 units',
      put('modelTopology.config.layers.1.config.units', 1e15),
      'E_MODEL_LAYER',
      /layer "lstm": units/,
    ],
    ['units that are a text', put('modelTopology.config.layers.1.config.units', '3'), 'E_MODEL_LAYER', /units "3"/],
    [
      'another number of units',
      put('modelTopology.config.layers.1.config.units', 5),
      'E_MODEL_SHAPE',
      /needs \[1,20\], found \[1,12\]/,
    ],
    [
      '2000 layers',
      put('modelTopology.config.layers', Array(2000).fill({ class_name: 'Dropout', config: { rate: 0 } })),
      'E_MODEL_HEADER',
      /2000 layers, at most 1000/,
    ],
    [
      '5000 weights',
      put(
        'weightsManifest.0.weights',
        Array.from({ length: 5000 }, (_, i) => ({ name: `w${i}`, shape: [], dtype: 'float32' })),
      ),
      'E_MODEL_HEADER',
      /5000 weights, at most 1000/,
    ],
    [
      'a shape of 1e18 values',
      put('weightsManifest.0.weights.0.shape', [1e9, 1e9]),
      'E_MODEL_SHAPE',
      /more than 1073741824 bytes/,
    ],
    ['a negative shape', put('weightsManifest.0.weights.0.shape', [-1, 12]), 'E_MODEL_SHAPE', /has the shape/],
    [
      'weights of another type',
      put('weightsManifest.0.weights.0.dtype', 'string'),
      'E_MODEL_LAYOUT',
      /not plain float32/,
    ],
    [
      'quantised weights',
      put('weightsManifest.0.weights.0.quantization', { dtype: 'uint8', scale: 1, min: 0 }),
      'E_MODEL_LAYOUT',
      /not plain float32/,
    ],
    [
      'two weights of one name',
      put('weightsManifest.0.weights.1.name', 'lstm/kernel'),
      'E_MODEL_LAYOUT',
      /two weights are called "lstm\/kernel"/,
    ],
    [
      'a weight of no layer',
      put('weightsManifest.0.weights.0.name', 'other/kernel'),
      'E_MODEL_SHAPE',
      /"other\/kernel" belongs to no layer/,
    ],
    [
      'a weight no layer has',
      put('weightsManifest.0.weights.0.name', 'lstm/peephole'),
      'E_MODEL_SHAPE',
      /has no kernel|none that/,
    ],
    [
      'a path to a folder above',
      put('weightsManifest.0.paths', ['../secret.bin']),
      'E_MODEL_LAYOUT',
      /leaves the model's folder/,
    ],
    [
      'an absolute path',
      put('weightsManifest.0.paths', ['/etc/hostname']),
      'E_MODEL_LAYOUT',
      /leaves the model's folder/,
    ],
    [
      'a path with a zero in it',
      put('weightsManifest.0.paths', ['a\0b']),
      'E_MODEL_LAYOUT',
      /leaves the model's folder/,
    ],
    ['a path that is no text', put('weightsManifest.0.paths', [{}]), 'E_MODEL_LAYOUT', /leaves the model's folder/],
    ['the same file twice', put('weightsManifest.0.paths', [SHARD, SHARD]), 'E_MODEL_LAYOUT', /named twice/],
    ['a missing file', put('weightsManifest.0.paths', ['none.bin']), 'E_MODEL_LAYOUT', /is missing/],
    [
      'a link to another place',
      (json, folder) => {
        symlinkSync(at('secret.bin'), join(folder, 'link.bin'));
        json.weightsManifest[0].paths = ['link.bin'];
      },
      'E_MODEL_LAYOUT',
      /not a regular file/,
    ],
    [
      'a linked folder',
      (json, folder) => {
        symlinkSync(space.path, join(folder, 'up'));
        json.weightsManifest[0].paths = ['up/secret.bin'];
      },
      'E_MODEL_LAYOUT',
      /leaves the model's folder/,
    ],
    [
      'a short file',
      (_, folder) => writeFileSync(join(folder, SHARD), 'short'),
      'E_MODEL_LAYOUT',
      /expected 272 bytes of weights, found 5/,
    ],
    [
      'values that are no numbers',
      (_, folder) => {
        const bytes = readFileSync(join(folder, SHARD));
        bytes.writeFloatLE(Number.NaN, 8);
        writeFileSync(join(folder, SHARD), bytes);
      },
      'E_MODEL_LAYOUT',
      /weight "lstm\/kernel" holds NaN at 2/,
    ],
    [
      'a rank that is no window',
      put('modelTopology.config.layers.0.config.batch_input_shape', [null, 6]),
      'E_MODEL_LAYER',
      /the model reads "\[null,6\]"/,
    ],
    [
      'no input',
      (json) => void json.modelTopology.config.layers.shift(),
      'E_MODEL_LAYER',
      /does not say what it reads/,
    ],
    [
      'a last state where steps are read',
      (json) =>
        void json.modelTopology.config.layers.splice(2, 0, {
          ...layer(json, 1),
          config: { ...layer(json, 1).config, name: 'again' },
        }),
      'E_MODEL_LAYER',
      /reads a sequence/,
    ],
    [
      'branches',
      (json) => {
        const chain = json.modelTopology.config.layers;
        chain[0].inbound_nodes = [];
        chain[1].inbound_nodes = [[[chain[0].config.name, 0, 0, {}]]];
        chain[2].inbound_nodes = [[[chain[0].config.name, 0, 0, {}]]];
        json.modelTopology.class_name = 'Functional';
      },
      'E_MODEL_LAYER',
      /read the same one/,
    ],
    [
      'a circle',
      (json) => {
        const chain = json.modelTopology.config.layers;
        chain[0].inbound_nodes = [];
        chain[1].inbound_nodes = [[['dense', 0, 0, {}]]];
        chain[2].inbound_nodes = [[['lstm', 0, 0, {}]]];
        json.modelTopology.class_name = 'Model';
      },
      'E_MODEL_LAYER',
      /not reached/,
    ],
  ])('%s', async (what, change, code, says) => {
    const folder = at(`hostile-${what.replace(/\W+/g, '-')}`);
    mkdirSync(folder);
    for (const name of readdirSync(whole)) writeFileSync(join(folder, name), readFileSync(join(whole, name)));
    const json = JSON.parse(readFileSync(join(whole, 'model.json'), 'utf8'));
    const changed = change(json, folder);
    const text = typeof changed === 'string' ? changed : JSON.stringify(changed === undefined ? json : changed);
    writeFileSync(join(folder, 'model.json'), text);
    const before = readdirSync(space.path).length;
    const error = await importModel(folder, at('hostile.yaml'), { out: at('never') }).catch((e) => e);
    expect(error).toBeInstanceOf(ForecastError);
    expect(error).toMatchObject({ code, exit: 7 });
    expect(error.message).toMatch(says);
    expect(`${error.message} ${error.cause}`).not.toMatch(/secret(?!\.bin)/);
    expect(error.hint).toBeTruthy();
    expect(readdirSync(space.path)).toHaveLength(before);
    expect(({} as Json).units).toBeUndefined();
  });

  it('is not there, or no file', async () => {
    await expect(importModel(at('none.json'), at('hostile.yaml'))).rejects.toMatchObject({
      code: 'E_MODEL_NOT_FOUND',
      exit: 7,
    });
    await expect(importModel('/dev/zero', at('hostile.yaml'))).rejects.toMatchObject({ code: 'E_MODEL_NOT_FOUND' });
    mkdirSync(at('empty'));
    await expect(importModel(at('empty'), at('hostile.yaml'))).rejects.toMatchObject({ code: 'E_MODEL_NOT_FOUND' });
  });

  it('does not fit the text of the config', async () => {
    const text = space.write('tokens.yaml', TEXT);
    await run(text, { out: at('tokens') });
    const { folder } = await exportRun(at('tokens'), { to: 'tfjs' });
    const other = space.write('other.yaml', TEXT.replace('a dog ran far', 'a bird flew far'));
    await expect(importModel(folder, other, { out: at('never') })).rejects.toMatchObject({
      code: 'E_MODEL_SHAPE',
      message: expect.stringMatching(/gives 8 values, the task needs 10/),
    });
    const any = space.write('any.yaml', config.replace('context: 6', 'context: 3'));
    await expect(importModel(folder, any, { out: at('never') })).rejects.toMatchObject({
      code: 'E_MODEL_SHAPE',
      message: expect.stringMatching(/reads token ids, and the source gives numbers/),
    });
  });
});
