// The command line's own pieces: error lines, colour, progress, start-up.

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { errorLine, oneLine } from '../../src/cli/failure.ts';
import { number, text, texts } from '../../src/cli/flags.ts';
import { withNumbers } from '../../src/cli/help.ts';
import { linePieces, wantsColor } from '../../src/cli/output.ts';
import { describeProgress, isLive, plainView } from '../../src/cli/progress.ts';
import { asArgument } from '../../src/core/argument.ts';
import { ForecastError } from '../../src/core/errors.ts';
import { characters } from '../support/characters.ts';

describe('an argument that is told', () => {
  test.each([
    ['runs/x-1', 'runs/x-1', 'runs/x-1'],
    ['runs\\x-1', "'runs\\x-1'", 'runs\\x-1'],
    ['C:\\my runs\\', "'C:\\my runs\\'", '"C:\\my runs\\\\"'],
    ['source.columns=[a,b]', "'source.columns=[a,b]'", '"source.columns=[a,b]"'],
    ['source.target="a"', `'source.target="a"'`, '"source.target=\\"a\\""'],
    ["it's", `'it'\\''s'`, `"it's"`],
    ["a\nb's\\", "$'a\\012b\\'s\\\\'", `"a\nb's\\\\"`],
  ])('is %s in one word: %s of a POSIX shell, %s of those of Windows', (argument, posix, windows) => {
    expect([asArgument(argument, 'linux'), asArgument(argument, 'win32')]).toEqual([posix, windows]);
  });
});

describe('an error line', () => {
  test('is code, place, what and hint', () => {
    const error = new ForecastError('E_USAGE', 'it is wrong.', { where: 'a.yaml:1:2 key', hint: 'write it right.' });
    expect(errorLine(error)).toBe('forecast: error[E_USAGE] a.yaml:1:2 key: it is wrong. Hint: write it right');
  });

  test('is one line of at most 500 characters that moves no cursor, whatever it says', () => {
    const any = characters(0, 700);
    fc.assert(
      fc.property(any, any, any, (what, where, hint) => {
        const line = errorLine(new ForecastError('E_USAGE', what, { where, hint }));
        expect(line).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
        expect([...line].length).toBeLessThanOrEqual(500);
      }),
      { numRuns: 40 },
    );
  });

  test('shows escape sequences as text', () => {
    expect(oneLine('a\u001b[2Jb\nc')).toBe('a\\x1b[2Jb\\nc');
  });
});

test('colour: FORCE_COLOR, then the flag, then NO_COLOR, then the terminal', () => {
  expect(wantsColor(false, { FORCE_COLOR: '1' }, false)).toBe(true);
  expect(wantsColor(true, { FORCE_COLOR: '0' }, true)).toBe(false);
  expect(wantsColor(true, { NO_COLOR: '1' }, false)).toBe(true);
  expect(wantsColor(undefined, { NO_COLOR: '1' }, true)).toBe(false);
  expect(wantsColor(undefined, { NO_COLOR: '' }, true)).toBe(true);
  expect(wantsColor(undefined, {}, true)).toBe(true);
  expect(wantsColor(undefined, {}, false)).toBe(false);
  expect(wantsColor(undefined, { TERM: 'dumb' }, true)).toBe(false);
});

describe('progress', () => {
  const at = (epoch: number, step = 0) => ({
    epoch,
    epochs: 10,
    step,
    steps: 4,
    loss: 0.25,
    validationLoss: null,
    accuracy: null,
  });

  /** A view that writes lines, and its clock in seconds. */
  const watched = () => {
    const lines: string[] = [];
    const clock = { now: 0 };
    return {
      lines,
      clock,
      view: plainView(
        (line) => lines.push(line),
        () => clock.now,
      ),
    };
  };

  test('is alive on a terminal only, and never in CI', () => {
    expect(isLive({ isTTY: true }, {})).toBe(true);
    expect(isLive({ isTTY: true }, { CI: 'true' })).toBe(false);
    expect(isLive({}, {})).toBe(false);
  });

  test('tells no rate of epochs that are reported at once', () => {
    const { lines, clock, view } = watched();
    clock.now = 2.9999;
    view.update('a', at(1));
    clock.now = 3.0001;
    view.update('a', at(9));
    expect(lines).toEqual(['a: epoch 9/10  loss 0.25\n']);
  });

  test('elsewhere is a line every few seconds, with rate and time left', () => {
    const { lines, clock, view } = watched();
    for (let epoch = 1; epoch <= 8; epoch++) {
      view.update('a', at(epoch));
      clock.now += 1;
    }
    expect(lines).toEqual([
      'a: epoch 4/10  loss 0.25  1 epochs/s  7 s left\n',
      'a: epoch 7/10  loss 0.25  1 epochs/s  4 s left\n',
    ]);
  });

  test('of a panel says how many series are done, as seldom', () => {
    const { lines, clock, view } = watched();
    for (let done = 1; done <= 7000; done++) {
      view.count('judging', done, 100_000);
      clock.now += 1 / 1024;
    }
    expect(lines).toEqual(['judging: 3,073 of 100,000 series\n', 'judging: 6,145 of 100,000 series\n']);
  });

  test('does not count what a resumed fit did before', () => {
    const { lines, clock, view } = watched();
    view.update('', at(6));
    clock.now = 4;
    view.update('', at(8));
    expect(lines[0]).toContain('0.5 epochs/s  6 s left');
  });

  test('shows what is known', () => {
    const progress = { ...at(3), loss: null, validationLoss: 0.125, accuracy: 0.5 };
    expect(describeProgress('', progress, { rate: null })).toBe('epoch 3/10  validation 0.125  accuracy 50 %');
  });
});

describe('flags', () => {
  test('numbers are numbers', () => {
    expect(number({ a: '12' }, 'a', 0)).toBe(12);
    expect(number({ a: '0.5' }, 'a', 0, true)).toBe(0.5);
    expect(number({}, 'a', 0)).toBeUndefined();
    for (const bad of ['', ' ', '1.5', '-1', '0x10', '1_0', 'NaN', 'Infinity', '1e999', '12abc']) {
      expect(() => number({ a: bad }, 'a', 0), bad).toThrow(expect.objectContaining({ code: 'E_USAGE' }));
    }
  });

  test('given twice is refused, but for the repeatable', () => {
    expect(() => text({ a: ['1', '2'] }, 'a')).toThrow(expect.objectContaining({ code: 'E_USAGE' }));
    expect(texts({ a: ['1', '2'] }, 'a')).toEqual(['1', '2']);
  });
});

test('every option that is read as a number is one in the help of its command', () => {
  const folder = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'src', 'cli');
  const files = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
  const read = files.flatMap((text) =>
    [...text.matchAll(/number\(given, '([\w-]+)'/g)].map(([, name]) => name as string),
  );
  expect(read).toContain('top-p');
  for (const name of [...read, 'folds', 'step', 'stride', 'history']) {
    const help = `      --${name}  Some words\n                       and more  [string]\n      --out  A folder  [string]`;
    expect(withNumbers(help)).toBe(help.replace('[string]', '[number]'));
  }
  expect(withNumbers('      --prompt  Text  [string]')).toContain('[string]');
});

test('starting up loads nothing heavy', () => {
  const seen = new Set<string>();
  const packages = new Set<string>();
  const walk = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    const source = readFileSync(file, 'utf8');
    for (const [, from] of source.matchAll(/^import (?!type )(?:[^;]*? from )?'([^']+)';/gm)) {
      if (from!.startsWith('.')) walk(resolve(dirname(file), from!));
      else if (!from!.startsWith('node:')) packages.add(from!);
    }
  };
  walk(join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'src', 'cli', 'main.ts'));
  expect([...packages]).toEqual([]);
  expect(seen.size).toBeLessThan(29); // a file a command, and a dozen beside them
});

test('piece by piece a line is the one JSON.stringify makes', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
      expect([...linePieces(value)].join('')).toBe(`${JSON.stringify(value)}\n`);
    }),
  );
  const rows = { a: undefined, rows: [{ b: undefined, c: Number.NaN }, undefined], none: [], d: { e: undefined } };
  expect([...linePieces(rows)].join('')).toBe(`${JSON.stringify(rows)}\n`);
  expect([...linePieces({ rows: Array.from({ length: 1000 }, (_, i) => ({ i })) })].length).toBeGreaterThan(1000);
});
