// The command line as a person meets it: spawned, its streams and exit status read.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'forecast-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Ended {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

interface Start {
  readonly stdout?: 'pipe' | number;
  readonly env?: Record<string, string>;
  readonly cwd?: string;
  /** A module that runs before the program. */
  readonly first?: string;
}

function start(
  args: readonly string[],
  { stdout = 'pipe', env = {}, cwd = folder, first = '' }: Start = {},
): ChildProcess {
  const loader = join(root, 'node_modules', 'tsx', 'dist', 'loader.mjs');
  const before = ['--import', loader, '--import', `data:text/javascript,${encodeURIComponent(first)}`];
  return spawn(process.execPath, [...before, join(root, 'src', 'cli', 'main.ts'), ...args], {
    cwd,
    stdio: ['ignore', stdout, 'pipe'],
    env: { PATH: process.env.PATH ?? '', ...env },
  });
}

async function ended(child: ChildProcess): Promise<Ended> {
  let out = '';
  let err = '';
  child.stdout?.on('data', (data: Buffer) => {
    out += data.toString();
  });
  child.stderr?.on('data', (data: Buffer) => {
    err += data.toString();
  });
  return await new Promise((done) => child.on('close', (status) => done({ status, out, err })));
}

const forecast = (...args: string[]): Promise<Ended> => ended(start(args));

const TINY = `name: tiny
source: { kind: generated, series: counting, length: 40 }
split: { validation: 0.2 }
window: { context: 3 }
model: { kind: lstm-regressor, units: [4] }
engine: { kind: reference }
train: { epochs: 3 }
`;
writeFileSync(join(folder, 'tiny.yaml'), TINY);

describe.concurrent('usage', () => {
  test('--help shows every command on stdout', async ({ expect }) => {
    const { status, out, err } = await forecast('--help');
    expect(status).toBe(0);
    for (const line of out.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
    expect(err).toBe('');
    for (const command of [
      'run',
      'predict',
      'generate',
      'compare',
      'inspect',
      'init',
      'presets',
      'explain',
      'schema',
      'doctor',
    ]) {
      expect(out).toContain(`forecast ${command}`);
    }
  });

  test('--version is the version of the package', async () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    expect(await forecast('--version')).toEqual({ status: 0, out: `${version}\n`, err: '' });
  });

  test.each([
    [[], 'forecast: error[E_USAGE]: no command given. Hint: forecast --help lists the commands\n'],
    [
      ['run', 'tiny.yaml', '--seed'],
      'forecast: error[E_USAGE]: --seed needs a value. Hint: one that begins with a dash is written --seed=-x\n',
    ],
    [['--set'], 'forecast: error[E_USAGE]: no command given. Hint: forecast --help lists the commands\n'],
    [['rnu', 'x'], 'forecast: error[E_USAGE]: unknown command "rnu". Hint: did you mean forecast run?\n'],
    [
      ['run', 'tiny.yaml', '--quite'],
      'forecast: error[E_USAGE]: unknown option --quite. Hint: did you mean --quiet?\n',
    ],
    [
      ['sales.json'],
      'forecast: error[E_USAGE]: unknown command "sales.json". Hint: a table ends in .csv, .tsv or .tsf, a config in .yaml\n',
    ],
    [['rnu', '--json'], 'forecast: error[E_USAGE]: unknown command "rnu". Hint: did you mean forecast run?\n'],
    [
      ['predict', 'runs/a-1', 'runs/a-2'],
      'forecast: error[E_USAGE]: unexpected "runs/a-2". Hint: it takes one run: where a pattern fits several, name one\n',
    ],
    [
      ['schema', '--horizon', '3'],
      'forecast: error[E_USAGE]: schema has no option --horizon. Hint: forecast schema --help shows what it takes\n',
    ],
    [
      ['run', 'tiny.yaml', '--horizon', '3'],
      'forecast: error[E_USAGE]: run has no option --horizon. Hint: it is a key of the config: --set predict.horizon=…\n',
    ],
    [
      ['backtest', 'tiny.yaml', '--target=sales'],
      'forecast: error[E_USAGE]: backtest has no option --target. Hint: it is a key of the config: --set source.target=…\n',
    ],
    [
      ['backtest', 'tiny.yaml', '--fold', '3'],
      'forecast: error[E_USAGE]: unknown option --fold. Hint: did you mean --folds?\n',
    ],
    [['run'], 'forecast: error[E_USAGE]: no config is named. Hint: forecast run configs/counting.yaml\n'],
    [
      ['run', 'tiny.yaml', '--seed', 'x'],
      'forecast: error[E_USAGE]: --seed "x" is not a whole number of at least 0. Hint: write for example --seed 1\n',
    ],
    [
      ['run', 'none.yaml'],
      'forecast: error[E_CONFIG_NOT_FOUND] none.yaml: no such file. Hint: `forecast presets` lists the configs that come with the program, `forecast init` writes one\n',
    ],
  ])('%j is one line on stderr and exit 2', async (args, line) => {
    expect(await forecast(...args)).toEqual({ status: 2, out: '', err: line });
  });

  test('all mistakes of a config are told, nothing is written', async () => {
    writeFileSync(join(folder, 'wrong.yaml'), `${TINY}trian: 1\nseed: -1\n`);
    const { status, out, err } = await forecast('run', 'wrong.yaml');
    expect({ status, out }).toEqual({ status: 2, out: '' });
    expect(
      err
        .trim()
        .split('\n')
        .map((line) => line.slice(0, 60)),
    ).toEqual([
      'forecast: error[E_CONFIG_UNKNOWN_KEY] wrong.yaml:8:1 trian: ',
      'forecast: error[E_CONFIG_RANGE] wrong.yaml:9:7 seed: -1 is o',
    ]);
    expect(readdirSync(folder)).not.toContain('runs');
  });

  test.skipIf(process.platform === 'win32')('a current folder that is gone is told', async () => {
    const gone = JSON.stringify(mkdtempSync(join(folder, 'gone-')));
    const first = `import { rmdirSync } from 'node:fs'; process.chdir(${gone}); rmdirSync(${gone});`;
    const told = 'error[E_USAGE]: the current folder is not there any more. Hint: cd to one that is';
    expect(await ended(start(['presets'], { first }))).toEqual({ status: 2, out: '', err: `forecast: ${told}\n` });
  });

  test('--debug adds where it was thrown', async () => {
    expect((await forecast('run', 'none.yaml', '--debug')).err).toMatch(/\n {4}at /);
  });
});

describe('a run', () => {
  test('without a backtest, whose inputs known in advance end with its horizon, is not asked for more steps than they reach', async () => {
    const rows = Array.from({ length: 42 }, (_, t) => `${t < 40 ? (t * 7) % 11 : ''},${t % 5}`);
    writeFileSync(join(folder, 'promo.csv'), `sales,promo\n${rows.join('\n')}\n`);
    const source = 'source: { kind: csv, file: promo.csv, target: sales, future: [promo] }';
    writeFileSync(
      join(folder, 'promo.yaml'),
      `${source}\nmodel: regression\npredict: { horizon: 2 }\nevaluate: { folds: 0 }\n`,
    );
    const { status, err } = await forecast('run', 'promo.yaml', '--out', 'promo');
    expect(status).toBe(0);
    expect(err).toContain('next: forecast predict promo --data newer.csv');
  });

  test('without a backtest, whose calendar never ends, is asked for more steps', async () => {
    const rows = Array.from(
      { length: 40 },
      (_, t) => `${2020 + Math.floor(t / 12)}-${String((t % 12) + 1).padStart(2, '0')},${(t * 7) % 11}`,
    );
    writeFileSync(join(folder, 'monthly.csv'), `month,sales\n${rows.join('\n')}\n`);
    const source = 'source: { kind: csv, file: monthly.csv, target: sales, calendar: [month] }';
    writeFileSync(
      join(folder, 'monthly.yaml'),
      `${source}\nmodel: linear\npredict: { horizon: 2 }\nevaluate: { folds: 0 }\n`,
    );
    const { status, err } = await forecast('run', 'monthly.yaml', '--out', 'monthly');
    expect(status).toBe(0);
    expect(err).toContain('next: forecast predict monthly --horizon 24');
    expect((await forecast('predict', 'monthly', '--horizon', '24')).status).toBe(0);
  });

  test('prints its report on stdout, the rest on stderr; --json --quiet prints one object and nothing else', async () => {
    const first = await forecast('run', 'tiny.yaml', '--out', 'run-a');
    expect(first.status).toBe(0);
    expect(first.out).toContain('tiny');
    expect(first.err).toContain('run: run-a');
    expect(first.err).toContain(`report: ${join('run-a', 'report.html')}`);
    expect(first.err).toMatch(/forecast by: lstm-regressor; by drift: forecast run \S+ --set model=drift\n/);
    expect(first.err).toContain('next: forecast predict run-a');
    const again = await forecast('tiny.yaml', '--out', 'run-a', '--json', '--quiet');
    expect(again).toMatchObject({ status: 0, err: '' });
    const result = JSON.parse(again.out) as Record<string, unknown>;
    expect(result).toMatchObject({ name: 'tiny', seed: 7, stored: true, run: 'run-a' });
    const ahead = await forecast('predict', 'run-a', '--horizon', '2', '--json');
    expect((JSON.parse(ahead.out) as { forecast: unknown[] }).forecast).toHaveLength(2);
    const odd = await forecast('run', 'tiny.yaml', "--out=-run 'b'");
    expect(odd.err).toContain("next: forecast predict './-run '\\''b'\\''' ");
    // Names after -- are names, whatever they begin with.
    expect(await forecast('report', '--json', '--quiet', '--', "-run 'b'")).toMatchObject({ status: 0, err: '' });
    // What is typed as an option is called by that option, wherever it is refused.
    expect((await forecast('predict', 'run-a', '--horizon=2000000')).err).toBe(
      'forecast: error[E_CONFIG_RANGE] --horizon: 2000000 is out of range: at most 1000000. Hint: `forecast explain predict.horizon` says what it may be\n',
    );
    expect((await forecast('run', 'tiny.yaml', '--set', 'predict.horizon=2000000')).err).toContain(
      ' --set predict.horizon: 2000000 ',
    );
  });

  test('is shown again by report, which tells where its page is; compare puts runs on one page', async () => {
    expect((await forecast('run', 'tiny.yaml', '--out', 'run-page')).status).toBe(0);
    const page = join('run-page', 'report.html');
    const stored = readFileSync(join(folder, 'run-page', 'report.txt'), 'utf8');
    expect(await forecast('report', 'run-page')).toEqual({ status: 0, out: stored, err: `report: ${page}\n` });
    expect(await forecast('report', 'run-page', '--path')).toEqual({ status: 0, out: `${page}\n`, err: '' });
    const object = JSON.parse(readFileSync(join(folder, 'run-page', 'result.json'), 'utf8'));
    const told = await forecast('report', 'run-page', '--json');
    expect([told.status, told.err, JSON.parse(told.out)]).toEqual([0, '', object]);
    expect(await forecast('report', 'nowhere')).toMatchObject({ status: 2, out: '' });
    // The page tells the command that makes the run again, wherever it stands.
    const [, command] = /<pre>forecast ([^<]+)<\/pre>/.exec(
      readFileSync(join(folder, page), 'utf8'),
    ) as RegExpExecArray;
    const again = await ended(start((command as string).split(' '), { cwd: join(folder, 'run-page') }));
    expect(again.status).toBe(0);
    for (const name of ['result.json', 'report.html', 'forecast.csv'])
      expect(readFileSync(join(folder, 'again', name))).toEqual(readFileSync(join(folder, 'run-page', name)));
    const compared = await forecast('compare', 'run-page', 'run-page', '--html', 'compared.html');
    expect(compared).toMatchObject({ status: 0, err: 'page: compared.html\n' });
    expect(readFileSync(join(folder, 'compared.html'), 'utf8')).toContain('<h1>Runs compared</h1>');
  });

  test('in colour says the same as its plain report, which is what is kept', async () => {
    const { status, out } = await forecast('run', 'tiny.yaml', '--out', 'run-colour', '--color', '-q');
    expect(status).toBe(0);
    expect(out).toContain('\u001b[');
    expect(stripVTControlCharacters(out).trimEnd()).toBe(
      readFileSync(join(folder, 'run-colour', 'report.txt'), 'utf8').trimEnd(),
    );
  });

  test('on a narrow terminal wraps nowhere, neither when it is made nor when it is shown again', async () => {
    const first = 'Object.assign(process.stdout, { isTTY: true, columns: 44 })';
    const env = { NO_COLOR: '1' };
    for (const args of [
      ['run', 'tiny.yaml', '--out', 'run-narrow', '-q'],
      ['run', 'tiny.yaml', '--out', 'run-narrow', '-q'],
      ['report', 'run-narrow'],
    ]) {
      const { status, out } = await ended(start(args, { first, env }));
      expect(status).toBe(0);
      expect(out).toContain('lstm-regressor');
      for (const line of out.split('\n')) expect(line.length, line).toBeLessThanOrEqual(44);
    }
    const kept = readFileSync(join(folder, 'run-narrow', 'report.txt'), 'utf8').split('\n');
    expect(Math.max(...kept.map((line) => line.length))).toBeGreaterThan(60);
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('stopped by %s saves itself, exits %i and says how to go on', async (signal, status) => {
    const args = ['run', 'tiny.yaml', '--set', 'train.epochs=1000000', '--out', `run-${signal}`];
    const child = start(args);
    const end = ended(child);
    child.stderr?.once('data', () => child.kill(signal)); // it says what it trains
    const { status: got, out, err } = await end;
    expect({ got, out }, err).toEqual({ got: status, out: '' });
    expect(err).toContain(`forecast: stopped by ${signal}; resume with: forecast ${args.join(' ')} --resume`);
  });
});

describe('a file that is written', () => {
  /** Sends the process a signal as the first file of those is opened. */
  const interrupted = `import fs from 'node:fs'; import { syncBuiltinESMExports } from 'node:module';
    const { open } = fs.promises;
    let sent = false;
    fs.promises.open = (path, ...rest) => {
      if (!sent && String(path).includes('.tmp')) sent = process.kill(process.pid, 'SIGINT');
      return open(path, ...rest);
    };
    syncBuiltinESMExports();`;

  test.skipIf(process.platform === 'win32')('is whole in spite of a signal', async () => {
    expect((await forecast('run', 'tiny.yaml', '--out', 'run-b', '-q')).status).toBe(0);
    for (const [name, ...args] of [
      ['b-onnx', 'export', 'run-b', '--to', 'onnx', '--out', 'b-onnx'],
      ['b.html', 'compare', 'run-b', '--html', 'b.html'],
      ['b.yaml', 'init', 'counting', '--out', 'b.yaml'],
    ] as const) {
      expect(await ended(start(args, { first: interrupted }))).toMatchObject({ status: 0 });
      expect(readdirSync(folder).filter((left) => left.startsWith(name))).toEqual([name]);
    }
    expect(readdirSync(join(folder, 'b-onnx')).sort()).toEqual(['forecast.json', 'manifest.json', 'model.onnx']);
  });
});

describe('stdout', () => {
  test('whose reader goes away is exit 141, silent', async () => {
    const child = start(['schema']);
    child.stdout?.destroy();
    const { status, err } = await ended(child);
    expect({ status, err }).toEqual({ status: 141, err: '' });
  });

  test.skipIf(!existsSync('/dev/full'))('on a full device is exit 5', async () => {
    const { status, err } = await ended(start(['schema'], { stdout: openSync('/dev/full', 'w') }));
    expect(status).toBe(5);
    expect(err).toMatch(/^forecast: error\[E_IO_STDOUT\] stdout: .* Hint: .*\n$/);
  });
});

describe('init', () => {
  test('writes a config that loads, with the schema in line 1, and never overwrites', async () => {
    expect(await forecast('init', 'counting')).toMatchObject({ status: 0, out: 'counting.yaml\n' });
    expect(readFileSync(join(folder, 'counting.yaml'), 'utf8')).toMatch(
      /^# yaml-language-server: \$schema=\.\S+configs\/schema\.json\n/,
    );
    expect((await forecast('inspect', 'counting.yaml', '--json')).status).toBe(0);
    const twice = await forecast('init', 'counting');
    expect(twice).toMatchObject({ status: 2, out: '' });
    expect(twice.err).toContain('E_USAGE');
  });

  test('makes a config for a table', async () => {
    const rows = Array.from(
      { length: 60 },
      (_, i) => `${2000 + Math.floor(i / 12)}-${String((i % 12) + 1).padStart(2, '0')}-01,${i + 5}`,
    );
    writeFileSync(join(folder, 'sales.csv'), `month,sales\n${rows.join('\n')}\n`);
    expect(await forecast('init', 'sales.csv', '-q')).toEqual({ status: 0, out: 'sales.yaml\n', err: '' });
    const text = readFileSync(join(folder, 'sales.yaml'), 'utf8');
    expect(text).toContain('time: "month", target: "sales"');
    const { out } = await forecast('inspect', 'sales.yaml', '--json');
    expect(JSON.parse(out)).toMatchObject({ name: 'sales' });
  });
});
