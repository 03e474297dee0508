// Complete runs handed to other programs: what is written, what is refused, and that the numbers are the run's own.

import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readModels } from '../../src/artifact/model.ts';
import { readRunFolder } from '../../src/artifact/run-folder.ts';
import { exportRun } from '../../src/commands/export.ts';
import { loadConfig } from '../../src/config/load.ts';
import { restoreNumbers, restoreText } from '../../src/encoders/chain.ts';
import { loadData } from '../../src/prepare/open.ts';
import { run } from '../../src/run.ts';
import { cutsAt } from '../../src/window/cuts.ts';
import { runOnnx, runtime } from '../formats/runtime.ts';
import { aheadOf, rowsOf, worst } from '../formats/windows.ts';
import { fingerprints, workspace } from '../support/workspace.ts';

const space = workspace();
const at = (name: string): string => join(space.path, name);

const small = `
source: { kind: generated, series: trend-season, length: 60 }
window: { context: 6, horizon: 2 }
model: { kind: lstm-regressor, units: [3] }
train: { epochs: 1 }
`;
const made = (name: string, text: string): Promise<unknown> =>
  run(space.write(`${name}.yaml`, text), { out: at(name) });

beforeAll(async () => {
  await made('plain', small);
  await made('theta', small.replace('{ kind: lstm-regressor, units: [3] }', 'theta'));
});

describe('export', () => {
  it('writes the model and a guide beside the run, the same bytes each time', async () => {
    const first = await exportRun(at('plain'), { to: 'onnx' });
    expect(first.folder).toBe(at('plain-onnx'));
    expect(first.files).toEqual(['model.onnx', 'forecast.json']);
    const bytes = fingerprints(first.folder);
    expect(Object.keys(bytes).sort()).toEqual(['forecast.json', 'manifest.json', 'model.onnx']);
    expect((await exportRun(at('plain'), { to: 'onnx' })).same).toBe(true);
    await exportRun(at('plain'), { to: 'onnx', out: at('again') });
    expect(fingerprints(at('again'))).toEqual(bytes);
  });

  it('says in the guide what goes in, what comes out, and how it is encoded', async () => {
    const { folder } = await exportRun(at('plain'), { to: 'onnx', out: at('guided') });
    const guide = JSON.parse(readFileSync(join(folder, 'forecast.json'), 'utf8'));
    expect(guide).toMatchObject({
      format: 'onnx',
      file: 'model.onnx',
      input: {
        name: 'window',
        type: 'float32',
        shape: ['batch', 6, 1],
        features: [{ column: 'value', role: 'target' }],
      },
      output: { name: 'forecast', shape: ['batch', 2, 1], targets: ['value'] },
      window: { context: 6, horizon: 2, lead: 0 },
      encoder: { targets: [{ column: 'value', stages: [{ kind: 'none', encode: 'z = x', decode: 'x = z' }] }] },
    });
  });

  it('tells of history before the window, and of columns ahead', async () => {
    const rows = Array.from({ length: 60 }, (_, i) => `${1950 + i},${i < 50 ? i % 7 : ''},${i % 2}\n`);
    space.write('ahead.csv', `year,y,holiday\n${rows.join('')}`);
    await made(
      'ahead',
      'source: { kind: csv, file: ahead.csv, time: year, target: y, future: [holiday] }\nwindow: { context: 6, horizon: 3 }\nmodel: { kind: lstm-regressor, units: [2], lags: [1, 7], freeRun: true }\nengine: reference\ntrain: { epochs: 1 }\nevaluate: { folds: 0 }\n',
    );
    const { folder } = await exportRun(at('ahead'), { to: 'onnx' });
    const guide = JSON.parse(readFileSync(join(folder, 'forecast.json'), 'utf8'));
    expect(guide).toMatchObject({
      input: {
        shape: ['batch', 12, 2],
        features: [{ column: 'y' }, { column: 'holiday', role: 'future', ahead: 1 }],
      },
      ahead: { name: 'ahead', shape: ['batch', 2, 1], columns: ['holiday'] },
      window: { context: 6, history: 6 },
      output: { shape: ['batch', 3, 1] },
    });
    expect(guide.use.join(' ')).toMatch(/Before the window stand the 6 steps/);
    await expect(exportRun(at('ahead'), { to: 'tfjs' })).rejects.toMatchObject({
      code: 'E_MODEL_LAYER',
      message: 'tfjs has no form for lags',
      hint: 'export it with --to onnx',
    });
    expect(existsSync(at('ahead-tfjs'))).toBe(false);
  });

  it.each([
    ['a format there is none of', 'plain', { to: 'onx' }, 'E_USAGE', 2, /did you mean --to onnx/],
    ['a closed form', 'theta', { to: 'onnx' }, 'E_USAGE', 2, /holds no network/],
    ['a run that is not there', 'none', { to: 'onnx' }, 'E_RUN_NOT_FOUND', 2, /no such run folder/],
    [
      'a folder below one that is not there',
      'plain',
      { to: 'onnx', out: 'no/where' },
      'E_OUT_NOT_WRITABLE',
      5,
      /does not exist/,
    ],
    [
      'the run itself, even by force',
      'plain',
      { to: 'onnx', out: 'plain', force: true },
      'E_RUN_EXISTS',
      6,
      /no export/,
    ],
  ])(
    'refuses %s',
    async (_what, folder, { out, ...options }: { to: string; out?: string; force?: boolean }, code, exit, says) => {
      const before = existsSync(at(folder)) ? fingerprints(at(folder)) : null;
      const error = await exportRun(at(folder), { ...options, ...(out === undefined ? {} : { out: at(out) }) }).catch(
        (e) => e,
      );
      expect(error).toMatchObject({ code, exit });
      expect(`${error.message} ${error.hint}`).toMatch(says);
      if (before) expect(fingerprints(at(folder))).toEqual(before);
    },
  );

  it('replaces another export by force only, and never somebody’s files', async () => {
    await made('other', small.replace('units: [3]', 'units: [4]'));
    const out = at('target');
    mkdirSync(out); // an empty folder is as good as none
    await exportRun(at('plain'), { to: 'onnx', out });
    const before = fingerprints(out);
    await expect(exportRun(at('other'), { to: 'onnx', out })).rejects.toMatchObject({ code: 'E_RUN_EXISTS', exit: 6 });
    expect(fingerprints(out)).toEqual(before);
    await exportRun(at('other'), { to: 'onnx', out, force: true });
    expect(fingerprints(out)).not.toEqual(before);
    expect(existsSync(`${out}.new`) || existsSync(`${out}.tmp`)).toBe(false);
    writeFileSync(join(out, 'mine.txt'), 'mine');
    await expect(exportRun(at('plain'), { to: 'onnx', out, force: true })).rejects.toMatchObject({
      code: 'E_RUN_EXISTS',
    });
    expect(readFileSync(join(out, 'mine.txt'), 'utf8')).toBe('mine');
  });

  it('repairs a damaged export by force', async () => {
    const { folder } = await exportRun(at('plain'), { to: 'onnx', out: at('damaged') });
    const whole = fingerprints(folder);
    writeFileSync(join(folder, 'model.onnx'), 'x');
    await expect(exportRun(at('plain'), { to: 'onnx', out: folder })).rejects.toMatchObject({ code: 'E_RUN_EXISTS' });
    await exportRun(at('plain'), { to: 'onnx', out: folder, force: true });
    expect(fingerprints(folder)).toEqual(whole);
  });

  it('follows no link into another place', async () => {
    mkdirSync(at('elsewhere'));
    symlinkSync(at('elsewhere'), at('link'));
    await exportRun(at('plain'), { to: 'onnx', out: at('link') }).catch(() => undefined);
    expect(fingerprints(at('elsewhere'))).toEqual({});
  });

  it('gives each of several series a folder of its own', async () => {
    const table = ['a', 'b/é', 'b?é'].flatMap((id) =>
      Array.from({ length: 30 }, (_, i) => `${id},${1990 + i},${i % 4}\n`),
    );
    space.write('several.csv', `id,step,y\n${table.join('')}`);
    await made(
      'several',
      'source: { kind: csv, file: several.csv, id: id, time: step, target: y }\nwindow: { context: 4, horizon: 1 }\nmodel: { kind: lstm-regressor, units: [2] }\ntrain: { epochs: 1 }\n',
    );
    const { models } = await exportRun(at('several'), { to: 'onnx' });
    expect(models.map(({ series, folder }) => [series, folder])).toEqual([
      ['a', '1-a'],
      ['b/é', '2-b-'],
      ['b?é', '3-b-'],
    ]);
    for (const { folder } of models) expect(existsSync(join(at('several-onnx'), folder, 'model.onnx'))).toBe(true);
  });
});

/** Presets that, between them, use every encoder, cell and cutting; few epochs, since it is not the learning that is tested. */
const PRESETS = [
  'counting-better',
  'air-passengers',
  'bike-sharing',
  'many-stocks',
  'seattle-weather',
  'trend-season',
  'next-word-gru',
  'next-word-rnn',
  'word-lines',
  'harbour-lines',
  'story-better',
  'recall-10',
];

describe.skipIf(runtime === null)('presets predict the same numbers in onnxruntime', () => {
  it.each(PRESETS)('%s', async (preset) => {
    const config = join(import.meta.dirname, '..', '..', 'configs', `${preset}.yaml`);
    const folder = at(preset);
    await run(config, { out: folder, set: ['train.epochs=1'] });
    const stored = await readRunFolder(folder);
    const { raw } = await loadData(await loadConfig(config));
    const { models } = await exportRun(folder, { to: 'onnx' });
    const { openEngine } = await import('../../src/engines/index.ts');
    const { engine } = await openEngine('reference');
    for (const [series, { series: own, parts, encoder }] of readModels(stored)) {
      const place = models.find((model) => model.series === series)!;
      const file = readFileSync(join(`${folder}-onnx`, place.folder, 'model.onnx'));
      const guide = JSON.parse(readFileSync(join(`${folder}-onnx`, place.folder, 'forecast.json'), 'utf8'));
      const { network, shape } = parts;
      if (preset === 'air-passengers') {
        const columns = Array.from({ length: 12 }, (_, k) => `month=${k + 1}`);
        expect(network.freeRun).toBe(11);
        expect(guide.ahead).toMatchObject({ shape: ['batch', 11, 12], columns });
        expect(guide.use).toContain(
          "By the calendar: month=K is 1 where the row's month is K, else 0, for K from 1 to 12.",
        );
      }
      let sequence = null;
      if (raw.form === 'numbers') {
        sequence = restoreNumbers(encoder!).encode(raw.series.find(({ id }) => id === own)!);
      } else {
        const text = restoreText(encoder!);
        const ids = text.encode(text.split(raw.documents[0]!));
        expect(guide.encoder.tokens.map((_: string, id: number) => text.token(id))).toEqual(guide.encoder.tokens);
        const { vocabulary, padding } = text;
        const segments = [{ start: 0, end: ids.length }];
        sequence = {
          length: ids.length,
          segments,
          targets: [ids],
          past: [],
          future: [],
          tokens: { vocabulary, padding },
        };
      }
      const start = sequence.segments[0]!.start;
      const cutoffs = [0, 1, 7]
        .map((back) => sequence.length - back)
        .filter((cutoff) => cutoff - shape.context >= start);
      if (cutoffs.length === 0) cutoffs.push(sequence.length);
      const windows = {
        sequence,
        shape,
        cuts: cutsAt(
          cutoffs,
          cutoffs.map(() => start),
        ),
      };
      const compiled = await engine.compile(network, parts.weights);
      const expected = await compiled.predict(windows);
      const history = guide.window.history ?? 0;
      const steps = typeof guide.input.shape[1] === 'number' ? guide.input.shape[1] - history : null;
      const rows = cutoffs.map((_, i) => rowsOf(network, windows, i, steps, history));
      const ahead = cutoffs.map((_, i) => aheadOf(network, windows, i));
      const { data } = await runOnnx(
        runtime!,
        file,
        [guide.input, rows],
        ...(guide.ahead ? [[guide.ahead, ahead] as const] : []),
      );
      expect(worst(data, expected)).toBeLessThan(1e-5);
    }
  });
});
