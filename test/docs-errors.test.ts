// docs/errors.md and docs/warnings.md, the codes that are given and `forecast explain` say the same.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { explain } from '../src/config/explain.ts';
import { ERRORS, type ErrorCode } from '../src/core/errors.ts';

const here = dirname(fileURLToPath(import.meta.url));
const page = readFileSync(join(here, '..', 'docs', 'errors.md'), 'utf8');
const entries = new Map(
  page
    .split(/^## /m)
    .slice(1)
    .map((entry) => [entry.slice(0, entry.indexOf('\n')), entry] as const),
);

test('every code has one entry, in the order of the catalogue, and no other has one', () => {
  expect([...entries.keys()]).toEqual(Object.keys(ERRORS));
});

describe('the entry of each code has its exit status, a meaning, an example with a hint, and a fix', () => {
  for (const [code, exit] of Object.entries(ERRORS)) {
    test(code, () => {
      const entry = entries.get(code) ?? '';
      expect(entry).toMatch(new RegExp(`^Exit ${exit}\\. \\S.{20,}$`, 'm'));
      expect(entry).toMatch(/^Fix: .{10,}$/m);
      const example = /^```\n(.*)\n```$/m.exec(entry)?.[1] ?? '';
      expect(example).toMatch(new RegExp(`^forecast: error\\[${code}\\]( \\S.*)?: .+\\. Hint: .+[^.]$`));
      expect(example.length).toBeLessThanOrEqual(500);
    });
  }
});

test('every warning the program gives has a row in docs/warnings.md, and no other has one', () => {
  const source = join(here, '..', 'src');
  const given = readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) =>
      [...readFileSync(join(source, name), 'utf8').matchAll(/code: '(W_[A-Z_]+)'/g)].map((match) => match[1]),
    );
  const told = [...readFileSync(join(here, '..', 'docs', 'warnings.md'), 'utf8').matchAll(/^\| `(W_[A-Z_]+)`/gm)];
  expect(told.map((match) => match[1]).sort()).toEqual([...new Set(given)].sort());
});

describe('explain knows each code, in capitals or not, as its document has it', () => {
  for (const [code, exit] of Object.entries(ERRORS)) {
    test(code, () => {
      const lines = explain(code).split('\n');
      expect(lines[0]).toBe(code);
      expect(lines[1]).toMatch(new RegExp(`^ {2}Exit ${exit}\\. `));
      expect(lines).toContain(`  ${/^```\n(.*)\n```$/m.exec(entries.get(code) ?? '')?.[1]}`);
      expect(lines.at(-1)).toMatch(/^ {2}(Fix: )?\S/);
      expect(lines.join('')).not.toMatch(/```|\]\(/);
    });
  }
  test('warnings', () => {
    const codes = readFileSync(join(here, '..', 'docs', 'warnings.md'), 'utf8').match(/(?<=^\| `)W_\w+/gm) ?? [];
    expect(codes.length).toBeGreaterThan(10);
    for (const code of codes)
      expect(explain(code.toLowerCase())).toMatch(
        new RegExp(`^${code}\n {2}[A-Z\`].*\\.\n {2}What to do: [A-Z\`].*\\.$`),
      );
  });
  test('a code that is none is answered with the nearest', () => {
    expect(() => explain('W_COVRAGE')).toThrow(expect.objectContaining({ hint: 'did you mean "W_COVERAGE"?' }));
  });
});

test('the examples of config errors are what the fixtures produce', () => {
  const folder = join(here, 'config-errors');
  const said = readdirSync(folder)
    .map((name) => join(folder, name, 'expected.txt'))
    .filter((file) => existsSync(file))
    .flatMap((file) => readFileSync(file, 'utf8').split('\n'));
  const codes = (Object.keys(ERRORS) as ErrorCode[]).filter((code) => /^E_(?:CONFIG|PATH|URL)/.test(code));
  for (const code of codes) {
    expect(said).toContain(/^```\n(.*)\n```$/m.exec(entries.get(code) ?? '')?.[1]);
  }
});
