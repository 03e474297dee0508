// What the README and the changelog say is true: files, commands, scripts, kinds and counts.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMBINATIONS } from '../src/combine/index.ts';
import { parseConfig } from '../src/config/load.ts';
import { ENCODERS } from '../src/encoders/index.ts';
import { FORECASTERS } from '../src/forecasters/index.ts';
import { LAYERS } from '../src/layers/index.ts';
import { LOSSES } from '../src/losses/index.ts';
import { OPTIMIZERS } from '../src/optimizers/index.ts';
import { SOURCES } from '../src/sources/index.ts';

const ROOT = join(import.meta.dirname, '..');
const read = (name: string) => readFileSync(join(ROOT, name), 'utf8');
const readme = read('README.md');
const pages = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...readdirSync(join(ROOT, 'docs')).map((name) => `docs/${name}`),
];
const presets = readdirSync(join(ROOT, 'configs')).filter((name) => name.endsWith('.yaml'));
const matches = (text: string, pattern: RegExp) => [
  ...new Set([...text.matchAll(pattern)].map((match) => match[1] as string)),
];

describe('the README', () => {
  it('begins with the one command from a clone to a forecast, and tells the one that tests', () => {
    expect(readme).toContain('npm ci && npx forecast run configs/counting.yaml');
    expect(readme).toContain('npm ci && npm test');
    expect(readme.indexOf('npm ci &&')).toBeLessThan(1000);
  });

  it('names commands that there are', () => {
    const commands = matches(readme, /`?(?:npx )?forecast ([a-z]+)[ `\n]/g).filter(
      (word) => !existsSync(join(ROOT, 'src', 'cli', `${word}.ts`)),
    );
    expect(commands).toEqual([]);
    const promised = matches(readme, /npx forecast ([a-z]+) /g);
    expect(promised).toEqual(expect.arrayContaining(['run', 'inspect', 'init', 'compare', 'generate', 'predict']));
  });

  it('names runs of presets that there are', () => {
    for (const name of matches(readme, /runs\/([a-z0-9-]+)-\*/g)) expect(presets).toContain(`${name}.yaml`);
  });

  it('lists every kind there is, and none that is not', () => {
    const box = readme.slice(readme.indexOf('## What is in the box'), readme.indexOf('## Licence'));
    const listed = (from: string) => box.slice(box.indexOf(from)).split('. ')[0] as string;
    for (const [heading, table] of [
      ['Encoders:', ENCODERS],
      ['Layers:', LAYERS],
      ['Losses:', LOSSES],
      ['Optimizers:', OPTIMIZERS],
      ['Baselines:', FORECASTERS],
      ['Combinations:', COMBINATIONS],
    ] as const)
      for (const kind of Object.keys(table)) expect(listed(heading).replaceAll('\n', ' ')).toContain(kind);
    for (const kind of Object.keys(SOURCES)) expect(listed('Sources:')).toContain(kind);
  });
});

describe.each(pages)('%s', (page) => {
  const text = read(page);

  it('names presets and documents that there are', () => {
    for (const name of matches(text, /\b((?:configs|docs|examples|benchmarks|test)\/[\w./-]+\.(?:yaml|md|ts|json))/g))
      expect(existsSync(join(ROOT, name)), name).toBe(true);
  });

  it('links to files that there are', () => {
    const from = page.includes('/') ? join(ROOT, page, '..') : ROOT;
    for (const target of matches(text, /\]\(([^)#\s]+)(?:#[^)]*)?\)/g).filter((link) => !/^https?:/.test(link)))
      expect(existsSync(join(from, target)), target).toBe(true);
  });

  it('names npm scripts that there are', () => {
    const { scripts } = JSON.parse(read('package.json'));
    for (const name of matches(text, /npm run ([\w:-]+)/g)) expect(scripts).toHaveProperty(name);
  });
});

/** Examples of YAML, each with its keys once: a block that writes one twice shows alternatives. */
function examplesIn(text: string): string[] {
  const blocks = [...text.matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map(([, block]) => block as string);
  return blocks.flatMap((block) => {
    const parts = block.split(/^(?=\w)/m);
    const keys = parts.map((part) => /^\w+/.exec(part)?.[0]);
    return new Set(keys).size < keys.length ? parts : [block];
  });
}

describe.each(pages.filter((page) => examplesIn(read(page)).length > 0))('%s', (page) => {
  it.each(examplesIn(read(page)))('shows configs that are understood: %s', (example) => {
    const missing = [
      ...(/^name:/m.test(example) ? [] : ['name: shown']),
      ...(/^source:/m.test(example)
        ? []
        : [`source: { kind: ${/language-model/.test(example) ? 'text' : 'csv'}, file: a.csv }`]),
      ...(/^model:/m.test(example) ? [] : ['model: lstm-regressor']),
    ];
    expect(parseConfig(`${example}\n${missing.join('\n')}\n`, { base: ROOT, root: ROOT }).written).toBeDefined();
  });
});

describe('the changelog', () => {
  it('counts the presets right', () => {
    const WORDS = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];
    const TENS = ['', '', 'twenty', 'thirty', 'forty', 'fifty', 'sixty'];
    const written = (n: number) => (n % 10 ? `${TENS[Math.floor(n / 10)]}-${WORDS[n % 10]}` : TENS[n / 10]);
    const [said] = read('CHANGELOG.md').match(/([A-Za-z-]+|\d+)(?= presets)/) ?? [''];
    expect([written(presets.length), String(presets.length)]).toContain(said.toLowerCase());
  });
});
