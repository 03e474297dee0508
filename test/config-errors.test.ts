// Every way a config can be wrong, as a folder: config.yaml in, the lines a person reads out.
// UPDATE=1 writes expected.txt anew (read the difference before committing it).

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { errorLine } from '../src/cli/failure.ts';
import { loadConfig } from '../src/config/load.ts';
import { ForecastError } from '../src/core/errors.ts';

const folder = join(dirname(fileURLToPath(import.meta.url)), 'config-errors');
const made = mkdtempSync(join(tmpdir(), 'config-errors-'));
afterAll(() => rmSync(made, { recursive: true }));

/** Configs too large or too hostile to keep as files. */
const MADE: { readonly [name: string]: () => string | Uint8Array } = {
  'too-large': () => '#'.repeat(1_000_004),
  'too-deep': () => `model: ${'['.repeat(5000)}`,
  'too-many-aliases': () => {
    const line = (name: string, of: string): string => `${name}: &${name} [${Array(9).fill(`*${of}`).join(', ')}]\n`;
    return `a: &a [lol]\n${line('b', 'a')}${line('c', 'b')}${line('d', 'c')}`;
  },
  'not-utf-8': () => Uint8Array.from([0x6e, 0x61, 0x6d, 0x65, 0x3a, 0x20, 0xff, 0xfe]),
};

describe('a wrong config is refused with', () => {
  for (const name of readdirSync(folder)) {
    test(name, async () => {
      const make = MADE[name];
      const file = make === undefined ? join(folder, name, 'config.yaml') : join(made, name);
      if (make !== undefined) writeFileSync(file, make());
      const error = await failureOf(file);
      const shown = [error, ...error.others].map(errorLine).join('\n');
      const text = `${shown.replaceAll(relative(process.cwd(), file), 'config.yaml')}\n`;
      const expected = join(folder, name, 'expected.txt');
      if (process.env.UPDATE === '1') writeFileSync(expected, text);
      expect(text).toBe(readFileSync(expected, 'utf8'));
      expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
      expect(text).not.toContain('tok3n');
    });
  }
});

/** What loading throws, or opening the file it names. */
async function failureOf(file: string): Promise<ForecastError> {
  try {
    const loaded = await loadConfig(file);
    loaded.resolve(String(loaded.written.source.file));
  } catch (error) {
    if (error instanceof ForecastError) return error;
    throw error;
  }
  throw new Error('the config was accepted');
}
