// What a program gets that imports the package: the same inputs as the command, and wrong ones refused by what they are.

import { join } from 'node:path';
import { expect, it } from 'vitest';
import * as api from '../src/index.ts';
import { workspace } from './support/workspace.ts';

const space = workspace();
const { ForecastError, run } = api;
const OUT = { out: join(space.path, 'out'), force: true };

const rows = Array.from(
  { length: 60 },
  (_, i) => `${2000 + Math.floor(i / 12)}-${String((i % 12) + 1).padStart(2, '0')},${i % 12}`,
);
const table = space.write('sales.csv', `month,sales\n${rows.join('\n')}\n`);

it('a preset is run by its name, and a table by a config that is inferred, as on the command line', async () => {
  const preset = await run('counting', { ...OUT, set: ['train.epochs=1'] });
  expect(preset.config.name).toBe('counting');
  const inferred = await run(table, { ...OUT, set: ['model=theta'] });
  expect(inferred.result.data).toMatchObject({ rows: 60, frequency: 'monthly' });
  expect((await api.inspect(table)).json).toMatchObject({ parts: [{ rows: 60, season: 12 }] });
  expect((await api.compare([OUT.out])).text).toContain('sales');
});

it('a config is a config though its text ends in the name of a table', async () => {
  const text = `model: theta\nsource:\n  kind: csv\n  target: sales\n  file: ${table}`;
  const { config } = await run(text, { ...OUT, allowOutside: true });
  expect(config).toMatchObject({ name: 'forecast', source: { target: 'sales' } });
});

/** Calls as a program without a compiler makes them. */
const calls = api as unknown as { readonly [name: string]: (...given: unknown[]) => Promise<unknown> };

it.each<[string, unknown[], string]>([
  ['run', [], 'a config is a text or an object, got undefined'],
  ['run', [null], 'a config is a text or an object, got null'],
  ['run', [7], 'a config is a text or an object, got 7'],
  ['run', ['counting', null], 'run(): the options are an object, got null'],
  ['run', ['counting', 'fast'], 'run(): the options are an object, got "fast"'],
  ['run', ['counting', { epochs: 5 }], 'run(): no option is called "epochs"'],
  ['run', ['counting', { sede: 5 }], 'did you mean seed?'],
  ['run', ['counting', { seed: '5' }], 'run(): seed is a number, got "5"'],
  ['run', ['counting', { set: 'train.epochs=5' }], 'run(): set is a list of texts, got "train.epochs=5"'],
  ['run', ['counting', { out: 5 }], 'run(): out is a text, got 5'],
  ['run', ['counting', { on: 5 }], 'run(): on is a function, got 5'],
  ['run', ['counting', { signal: new AbortController() }], 'run(): signal is an AbortSignal, got an object'],
  ['inspect', ['counting', { horizon: 5 }], 'inspect(): no option is called "horizon"'],
  ['importModel', [undefined, 'counting'], 'importModel(): the model is named by its path, got undefined'],
  ['importModel', ['model.json', 'counting', { resume: true }], 'importModel(): no option is called "resume"'],
  ['predict', [], 'predict(): a run is named by its path, got undefined'],
  ['predict', ['runs/x', { horizont: 5 }], 'did you mean horizon?'],
  ['predict', ['runs/x', { horizon: '5' }], 'predict(): horizon is a number, got "5"'],
  ['predict', ['runs/x', { data: ['a.csv'] }], 'predict(): data is a text, got a list'],
  ['generate', ['runs/x', { prompt: 5 }], 'generate(): prompt is a text, got 5'],
  ['check', ['runs/x'], 'check(): the options are an object, got undefined'],
  ['check', ['runs/x', {}], 'check(): the table of what came (data) is named by its path, got undefined'],
  ['compare', [['runs/x', 5]], 'compare(): a run is named by its path, got 5'],
  ['compare', ['runs/x'], 'compare(): runs are a list of folders, got "runs/x"'],
  ['exportRun', ['runs/x', {}], 'no format is named'],
  ['exportRun', ['runs/x'], 'exportRun(): the options are an object, got undefined'],
])('%s%j is refused by what is wrong', async (name, given, said) => {
  const error = await calls[name]!(...given).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ForecastError);
  const { code, where, message, hint } = error as api.ForecastError;
  expect(code).toBe('E_USAGE');
  expect(`${where}: ${message}. ${hint}`).toContain(said);
});

it('a loaded config is run as it was loaded, and what would change it is not passed over in silence', async () => {
  const loaded = api.parseConfig('source: { kind: generated, series: counting, length: 60 }\nmodel: theta');
  expect((await run(loaded, { ...OUT, set: [], allowOutside: false })).result.forecast).toHaveLength(1);
  for (const late of [{ set: ['predict.horizon=9'] }, { seed: 9 }, { engine: 'wasm' }, { root: space.path }]) {
    const said = { code: 'E_USAGE', hint: `give ${Object.keys(late)[0]} to loadConfig or parseConfig` };
    await expect(run(loaded, { ...OUT, ...late })).rejects.toMatchObject(said);
  }
});

it('an option that is undefined is not given', async () => {
  const given = { ...OUT, set: ['train.epochs=1'], seed: undefined, signal: undefined } as unknown as api.RunOptions;
  expect((await run('counting', given)).config.seed).toBe(
    (await run('counting', { ...OUT, set: ['train.epochs=1'] })).config.seed,
  );
});
