import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { loadConfig, type ParseOptions, parseConfig } from '../../src/config/load.ts';
import { presets } from '../../src/config/presets.ts';
import { ForecastError } from '../../src/core/errors.ts';
import { effort } from '../support/effort.ts';

const SMALL = 'source: { kind: generated, series: counting }\nmodel: lstm-regressor\n';

function errorsOf(source: string | object, options: ParseOptions = {}): ForecastError[] {
  try {
    parseConfig(source, { file: 'x.yaml', ...options });
  } catch (error) {
    if (error instanceof ForecastError) return [error, ...error.others];
    throw error;
  }
  return [];
}

const told = (source: string | object, options: ParseOptions = {}): string[] =>
  errorsOf(source, options).map((error) => `${error.code} ${error.where}`);

describe('a short config', () => {
  test('needs a source and a model only', () => {
    const { written } = parseConfig(SMALL, { file: 'configs/tiny.yaml' });
    expect(written.name).toBe('tiny');
    expect(written.seed).toBe(7);
    expect(written.train).toEqual({ shuffle: true, patience: null, clip: null });
    expect(written.engine).toEqual({ kind: 'auto' });
  });

  test('as an object is the same config as its text', () => {
    const object = { source: { kind: 'generated', series: 'counting' }, model: 'lstm-regressor' };
    expect(parseConfig(object, { file: 'x' }).written).toEqual(parseConfig(SMALL, { file: 'x' }).written);
  });

  test('reads a bare kind, a kind with options and a list of one alike', () => {
    const of = (encoder: unknown): unknown =>
      parseConfig({ source: { kind: 'generated', series: 'counting' }, model: 'lstm-regressor', encoder }).written
        .encoder;
    expect(of('min-max')).toEqual(of({ kind: 'min-max' }));
    expect(of('min-max')).toEqual(of([{ kind: 'min-max' }]));
    expect(of(['min-max'])).toEqual(of([{ kind: 'min-max' }]));
  });

  test('takes options of the default optimizer without its name', () => {
    const { written } = parseConfig(`${SMALL}train: { optimizer: { beta1: 0.8 } }`);
    expect(written.train.optimizer).toMatchObject({ kind: 'adam', beta1: 0.8 });
  });
});

describe('a text in the place of a config', () => {
  const folder = mkdtempSync(join(tmpdir(), 'forecast-text-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const refused = async (name: string, content: string): Promise<ForecastError> => {
    writeFileSync(join(folder, name), content);
    return await loadConfig(join(folder, name)).then(
      () => expect.fail('it was read'),
      (error: ForecastError) => error,
    );
  };

  test.each([
    ['poem.md', 'one\ntwo: three: four\n'],
    ['word.log', 'hello'],
    ['long.log', 'x'.repeat(70_000)],
    ['code.ts', 'const a = { b: [1 };\n'],
  ])('is told how it is named in one, in one line: %s', async (name, content) => {
    const error = await refused(name, content);
    expect(error.others).toEqual([]);
    expect(error.hint).toMatch(
      new RegExp(`source: \\{ kind: text, file: "[^"]*${name}" \\}, and model: \\{ kind: language-model \\}$`),
    );
  });

  test('what is called like a config, or has its keys, is mended as one', async () => {
    expect((await refused('broken.yaml', 'a: b: c\n')).hint).not.toContain('kind: text');
    expect((await refused('other.conf', 'source: 1\nmodel: 2\n')).hint).not.toContain('kind: text');
  });
});

describe('overrides', () => {
  test('win over what is written, the last one over the first', () => {
    const options = { set: ['train.epochs=3', 'train.epochs=4'], seed: 9, engine: 'reference', name: 'other' };
    const { written } = parseConfig(`${SMALL}seed: 1\ntrain: { epochs: 2, batch: 8 }`, options);
    expect(written).toMatchObject({ seed: 9, name: 'other', engine: { kind: 'reference' } });
    expect(written.train).toMatchObject({ epochs: 4, batch: 8 });
  });

  test('reach options of a bare kind and entries of a list', () => {
    const text = `${SMALL}encoder: [{ kind: difference, lag: 1 }, standard]\n`;
    const { written } = parseConfig(text, {
      set: ['encoder.0.lag=12', 'train.optimizer.beta1=0.5', 'model.units=[8, 4]'],
    });
    expect(written.encoder?.[0]).toMatchObject({ kind: 'difference', lag: 12 });
    expect(written.train.optimizer).toMatchObject({ kind: 'adam', beta1: 0.5 });
    expect(written.model.units).toEqual([8, 4]);
  });

  test('reach the only entry of what may be a list, and add to it', () => {
    const text = `${SMALL}encoder: { kind: difference, lag: 1 }\n`;
    expect(parseConfig(text, { set: ['encoder.0.lag=12'] }).written.encoder).toMatchObject([{ lag: 12 }]);
    const two = parseConfig(text, { set: ['encoder.1=standard'] }).written.encoder;
    expect(two).toMatchObject([{ kind: 'difference', lag: 1 }, { kind: 'standard' }]);
    expect(told(text, { set: ['encoder.2=standard'] })).toEqual(['E_CONFIG_RANGE --set encoder.2']);
    expect(told(text, { set: ['train.0.epochs=3'] })).toEqual(['E_CONFIG_TYPE --set train.0.epochs (train)']);
  });

  test('to another model leave the seeds of the one before behind, where it takes none', () => {
    const text = `${SMALL}train: { seeds: 5, epochs: 3 }\n`;
    for (const set of ['model=drift', 'model.kind=drift', 'model=auto']) {
      expect(parseConfig(text, { set: [set] }).written.train).toMatchObject({ epochs: 3 });
      expect(parseConfig(text, { set: [set] }).written.train.seeds).toBeUndefined();
    }
    expect(parseConfig(text, { set: ['model=lstm-regressor'] }).written.train.seeds).toBe(5);
    expect(told(text, { set: ['model=drift', 'train.seeds=2'] })).toEqual(['E_CONFIG_CONFLICT --set train.seeds']);
  });

  test('take text with colons as text', () => {
    const text = 'source: { kind: text, lines: [a b, b a] }\nmodel: language-model\n';
    expect(parseConfig(text, { set: ['predict.prompt=once: upon'] }).written.predict.prompt).toBe('once: upon');
  });

  test.each(['% urban', '#sales', '@home', '`x`'])('take %j, which would be no value in YAML, as text', (prompt) => {
    const text = 'source: { kind: text, lines: [a b, b a] }\nmodel: language-model\n';
    expect(parseConfig(text, { set: [`predict.prompt=${prompt}`] }).written.predict.prompt).toBe(prompt);
  });

  test('may be a fraction where a whole number is written, and the other way round', () => {
    const text = `${SMALL}split: { validation: 3 }\ntrain: { rate: 0.5 }\n`;
    const { written } = parseConfig(text, { set: ['split.validation=0.25', 'train.rate=1'] });
    expect([written.split.validation, written.train.rate]).toEqual([0.25, 1]);
  });

  test('are named as the place of their errors', () => {
    expect(told(SMALL, { set: ['train.epochs=many'] })).toEqual(['E_CONFIG_TYPE --set train.epochs']);
    expect(told(SMALL, { engine: 'abacus' })).toEqual(['E_CONFIG_UNKNOWN_KIND --engine']);
    expect(told(SMALL, { seed: -1 })).toEqual(['E_CONFIG_RANGE --seed']);
    expect(told(SMALL, { set: ['trian.epochs=3'] })).toEqual(['E_CONFIG_UNKNOWN_KEY --set trian.epochs (trian)']);
  });

  test.each([['train.epochs'], ['=3'], ['a..b=3'], ['']])('that are no key=value are a usage error: %j', (set) => {
    expect(errorsOf(SMALL, { set: [set] })[0]?.code).toBe('E_USAGE');
  });

  test.each([['__proto__.x=1'], ['constructor.prototype.x=1'], ['train.__proto__={x: 1}']])(
    'cannot reach prototypes: %s',
    (set) => {
      expect(errorsOf(SMALL, { set: [set] })[0]?.code).toBe('E_CONFIG_UNKNOWN_KEY');
      expect(Object.hasOwn(Object.prototype, 'x')).toBe(false);
    },
  );

  test('are held to the limits of a config', () => {
    expect(errorsOf(SMALL, { set: [`model.units=${'['.repeat(5000)}`] })[0]?.code).toBe('E_CONFIG_DEPTH');
    expect(errorsOf(SMALL, { set: ['model.units=!!js/x 1'] })[0]?.code).toBe('E_CONFIG_TAG');
  });
});

describe('errors', () => {
  test('carry line, column and key, in the order of the text', () => {
    const text = `${SMALL}train:\n  epcohs: 3\n  batch: 0\nseed: -1\n`;
    expect(told(text)).toEqual([
      'E_CONFIG_UNKNOWN_KEY x.yaml:4:3 train.epcohs',
      'E_CONFIG_RANGE x.yaml:5:10 train.batch',
      'E_CONFIG_RANGE x.yaml:6:7 seed',
    ]);
  });

  test('a misspelt key is not also a missing one', () => {
    expect(told('sorce: { kind: generated, series: counting }\nmodel: lstm-regressor')).toEqual([
      'E_CONFIG_UNKNOWN_KEY x.yaml:1:1 sorce',
    ]);
  });

  test('every one has a hint', () => {
    const text =
      'source: 3\nmodel: { kind: x }\ntrain: { optimizer: 4, rate: .inf, epochs: [] }\nwindow: no\nsplit: { test: 2.5 }';
    const errors = errorsOf(text);
    expect(errors.length).toBeGreaterThan(5);
    for (const error of errors) expect(error.hint).toMatch(/\S/);
  });

  test('an object of the API that no YAML could hold is refused', () => {
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    expect(errorsOf({ source: circular })[0]?.code).toBe('E_CONFIG_DEPTH');
    expect(errorsOf({ source: () => 1 })[0]?.code).toBe('E_CONFIG_TYPE');
    expect(errorsOf({ seed: 1n })[0]?.code).toBe('E_CONFIG_TYPE');
    expect(errorsOf({ seed: Number.NaN })[0]?.code).toBe('E_CONFIG_RANGE');
  });
});

describe('depth bombs are refused, twice in one process', () => {
  const bombs = {
    brackets: '['.repeat(5000),
    'closed brackets': '['.repeat(2000) + ']'.repeat(2000),
    dashes: '- '.repeat(5000),
    braces: '{a: '.repeat(5000),
    'question marks': '? '.repeat(3000),
    'keys on a line': 'a: '.repeat(5000),
    stairs: Array.from({ length: 300 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'),
    'dash stairs': Array.from({ length: 300 }, (_, i) => `${' '.repeat(i)}-`).join('\n'),
    'question stairs': Array.from({ length: 300 }, (_, i) => `${' '.repeat(i)}?`).join('\n'),
    'brackets with names': '[a, b: ['.repeat(3000),
    'anchored brackets': '&a ['.repeat(3000),
  };
  test.each(Object.entries(bombs))('%s', (_, bomb) => {
    for (let i = 0; i < 2; i++) expect(errorsOf(bomb)[0]?.code).toBe('E_CONFIG_DEPTH');
  });

  test('a config of many keys on one line is not deep, whether as JSON or in brackets', () => {
    const { written } = parseConfig(SMALL, { file: 'x.yaml' });
    const json = JSON.stringify(written);
    expect(json.match(/":/g)?.length).toBeGreaterThan(33);
    expect(parseConfig(json, { file: 'x.yaml' }).written).toEqual(written);
    expect(parseConfig(json.replaceAll(/"(\w+)":/g, '$1: '), { file: 'x.yaml' }).written).toEqual(written);
    for (const deep of ['{a: ', '[a: ', '{"a":', '[? '])
      expect(errorsOf(deep + deep.slice(1).repeat(9000))[0]?.code).toBe('E_CONFIG_DEPTH');
  });

  test('32 levels are none', () => {
    const text = `${SMALL}name: ${'['.repeat(30)}${']'.repeat(30)}`;
    expect(told(text)).toEqual(['E_CONFIG_TYPE x.yaml:3:7 name']);
  });
});

describe('a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'config-load-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const write = (name: string, content: string | Uint8Array): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  const codeOf = async (path: string): Promise<string | undefined> =>
    loadConfig(path).then(
      () => undefined,
      (error: ForecastError) => error.code,
    );

  test('beyond 64 KiB is refused by its size, fast', async () => {
    const path = write('large.yaml', `"${'\\x'.repeat(500_000)}`);
    const spent = effort();
    expect(await codeOf(path)).toBe('E_CONFIG_TOO_LARGE');
    expect(spent()).toBeLessThan(0.3);
  });

  test('that is a table by another name is told what tables are called', async () => {
    const error = await loadConfig(write('sales.txt', 'month,sales\n2020-01,3\n')).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'E_CONFIG_TYPE', hint: expect.stringContaining('a table is a .csv') });
  });

  test('of 63 KB without a closing quote costs two seconds at most to call a syntax error', async () => {
    const spent = effort();
    expect(await codeOf(write('quote.yaml', `"${'\\x'.repeat(31_500)}`))).toBe('E_CONFIG_SYNTAX');
    expect(spent()).toBeLessThan(2);
  });

  test('may begin with a byte order mark and end its lines as on Windows', async () => {
    const path = write('windows.yaml', `\uFEFF${SMALL.replaceAll('\n', '\r\n')}`);
    expect((await loadConfig(path)).written.name).toBe('windows');
  });

  test('that is a device is not read', async () => {
    expect(await codeOf('/dev/zero')).toBe('E_CONFIG_NOT_FOUND');
    expect(await codeOf(folder)).toBe('E_CONFIG_NOT_FOUND');
    expect(await codeOf(join(folder, 'none.yaml'))).toBe('E_CONFIG_NOT_FOUND');
  });

  test('resolves paths against itself and keeps them inside the project', async () => {
    mkdirSync(join(folder, 'project', 'configs'), { recursive: true });
    mkdirSync(join(folder, 'project', 'data'));
    writeFileSync(join(folder, 'project', 'package.json'), '{}');
    writeFileSync(join(folder, 'secret.txt'), 'x');
    symlinkSync(join(folder, 'secret.txt'), join(folder, 'project', 'data', 'link.txt'));
    symlinkSync(join(folder, 'nowhere.txt'), join(folder, 'project', 'data', 'dangling.txt'));
    symlinkSync('loop.txt', join(folder, 'project', 'data', 'loop.txt'));
    const path = join('project', 'configs', 'a.yaml');
    const loaded = await loadConfig(write(path, SMALL));
    expect(loaded.root).toBe(join(folder, 'project'));
    expect(loaded.resolve('../data/x.csv')).toMatch(/project\/data\/x\.csv$/);
    expect(loaded.display('../data/x.csv')).toBe('data/x.csv');
    for (const bad of [
      '../../secret.txt',
      '../data/link.txt',
      '../data/dangling.txt',
      '/etc/hostname',
      '',
      'a/../../../b',
      '..\\x',
      '%2E%2e/x',
      'a\0b',
      '~/../../../x',
    ]) {
      expect(() => loaded.resolve(bad), bad).toThrow(expect.objectContaining({ code: 'E_PATH_OUTSIDE' }));
    }
    expect(() => loaded.resolve('https://a.b/c')).toThrow(expect.objectContaining({ code: 'E_URL_DISABLED' }));
    const free = await loadConfig(join(folder, path), { allowOutside: true });
    expect(free.resolve('../../secret.txt')).toBe(join(folder, 'secret.txt'));
    const wide = await loadConfig(join(folder, path), { root: folder });
    expect(wide.resolve('../../secret.txt')).toMatch(/secret\.txt$/);
  });
});

test('every preset loads', async () => {
  const all = presets();
  expect(all.length).toBeGreaterThan(5);
  for (const { path, summary } of all) {
    await loadConfig(path);
    expect(summary).toMatch(/\S{2,}.*[.!?]$/);
  }
});
