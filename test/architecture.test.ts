// The rules of the house, enforced: import levels, no cycles, a deterministic numeric path, a quiet library, disk at the edge.

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const SRC = join(import.meta.dirname, '..', 'src');

const LEVELS: { readonly [folder: string]: number } = {
  core: 0,
  sources: 1,
  encoders: 1,
  window: 1,
  layers: 1,
  losses: 1,
  optimizers: 1,
  metrics: 1,
  forecasters: 2,
  models: 2,
  engines: 3,
  train: 4,
  predict: 5,
  evaluate: 6,
  combine: 7,
  report: 8,
  artifact: 8,
  formats: 8,
  config: 9,
  prepare: 10,
  track: 11,
  '.': 12,
  commands: 13,
  cli: 14,
};

interface Import {
  readonly from: string;
  readonly to: string;
}

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => name.replaceAll('\\', '/'));
const code = new Map(files.map((file) => [file, readFileSync(join(SRC, file), 'utf8')]));
const imports = files.flatMap(importsOf);

function importsOf(file: string): Import[] {
  const pattern = /(?:from|import)\s*\(?\s*'(\.[^']+)'/g;
  return [...(code.get(file) as string).matchAll(pattern)].map((match) => ({
    from: file,
    to: relative('.', normalize(join(dirname(file), match[1] as string))).replaceAll('\\', '/'),
  }));
}

function folderOf(file: string): string {
  return file.includes('/') ? (file.split('/')[0] as string) : '.';
}

function levelOf(file: string): number {
  if (file === 'index.ts') return 14;
  return LEVELS[folderOf(file)] ?? Number.NaN;
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[^:])\/\/.*$/gm, '$1');
}

describe('architecture', () => {
  it('every folder of src has a level', () => {
    expect(files.filter((file) => Number.isNaN(levelOf(file)))).toEqual([]);
  });

  it('imports point to files that exist', () => {
    expect(imports.filter(({ to }) => !code.has(to))).toEqual([]);
  });

  it('a file imports from its own folder or from strictly lower levels', () => {
    const upward = imports.filter(({ from, to }) => folderOf(from) !== folderOf(to) && levelOf(to) >= levelOf(from));
    expect(upward.map(({ from, to }) => `${from} → ${to}`)).toEqual([]);
  });

  it('there are no import cycles', () => {
    const edges = new Map(files.map((file) => [file, imports.filter(({ from }) => from === file).map(({ to }) => to)]));
    const state = new Map<string, 'open' | 'done'>();
    const cycles: string[] = [];
    const visit = (file: string, path: readonly string[]): void => {
      if (state.get(file) === 'done') return;
      if (state.get(file) === 'open') {
        cycles.push([...path.slice(path.indexOf(file)), file].join(' → '));
        return;
      }
      state.set(file, 'open');
      for (const next of edges.get(file) ?? []) visit(next, [...path, file]);
      state.set(file, 'done');
    };
    for (const file of files) visit(file, []);
    expect(cycles).toEqual([]);
  });

  it('the numeric path has no unseeded randomness, no clock and no Math.pow', () => {
    const banned = /Math\.random|Date\.now|new Date\(\)|performance\.now|Math\.pow|\*\*/;
    const numeric = files.filter((file) => levelOf(file) <= 7);
    expect(numeric.filter((file) => banned.test(withoutComments(code.get(file) as string)))).toEqual([]);
  });

  it('only cli/ prints', () => {
    const loud = /console\.|process\.(stdout|stderr)/;
    expect(
      files.filter((file) => folderOf(file) !== 'cli' && loud.test(withoutComments(code.get(file) as string))),
    ).toEqual([]);
  });

  it('only sources/, config/, artifact/, prepare/, commands/, cli/ and what addons ask for touch the disk', () => {
    const disk = /'node:fs/;
    const allowed = new Set(['sources', 'artifact', 'config', 'prepare', 'commands', 'cli']);
    const addons = [
      'engines/native/place.ts', // looks whether an addon is whole before it is loaded
      'engines/tensorflow/graph.ts', // TensorFlow takes a graph out of a folder alone
    ];
    const touching = files.filter((file) => !addons.includes(file) && disk.test(code.get(file) as string));
    expect(touching.filter((file) => !allowed.has(folderOf(file)))).toEqual([]);
  });

  it('every file opens by saying what it is', () => {
    expect(files.filter((file) => !/^(#!.*\n)?\/\//.test(code.get(file) as string))).toEqual([]);
  });

  it('a file that a comment points to is there', () => {
    const lost = files.flatMap((file) => {
      const comments = [...(code.get(file) as string).matchAll(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm)].join('\n');
      const named = comments.match(/(?<![\w./-])(?:\.\.?\/)*[a-z][\w/-]*\.ts\b/g) ?? [];
      const isThere = (name: string): boolean =>
        name.startsWith('.')
          ? code.has(normalize(join(dirname(file), name)).replaceAll('\\', '/'))
          : files.some((other) => other === name || other.endsWith(`/${name}`));
      return named.filter((name) => !isThere(name)).map((name) => `${file}: ${name}`);
    });
    expect(lost).toEqual([]);
  });

  it('ARCHITECTURE.md tells of every folder at its level, and of every file beside run.ts', () => {
    const page = readFileSync(join(SRC, '..', 'ARCHITECTURE.md'), 'utf8');
    const told = new Map(
      [...page.matchAll(/^\| (\d+) \| (.*?) \| (.*) \|$/gm)].flatMap(([, level, names = '', text = '']) =>
        [...names.matchAll(/`([\w.-]+)\/?`/g)].map(([, name = '']) => [name, { level: Number(level), text }] as const),
      ),
    );
    const folders = Object.entries(LEVELS).filter(([folder]) => folder !== '.');
    expect(folders.map(([folder]) => [folder, told.get(folder)?.level])).toEqual(folders);
    const beside = files.filter((file) => folderOf(file) === '.' && !told.has(file));
    expect(beside.filter((file) => !told.get('run.ts')?.text.includes(`\`${file}\``))).toEqual([]);
  });
});
