// The resolved config as YAML text: every key spelled out, in the order of the pipeline; loading it gives the same config again.
// Not here: where it is written (artifact/).

import { stringify } from 'yaml';
import type { Config } from './config.ts';

const ORDER = [
  'name',
  'seed',
  'source',
  'split',
  'encoder',
  'window',
  'model',
  'engine',
  'train',
  'predict',
  'evaluate',
];

/** Deterministic: the same config gives the same text, whatever the order of its keys. */
export function renderConfig(config: Config): string {
  const known = ORDER.map((key) => [key, ordered(config[key as keyof Config])]);
  return stringify(Object.fromEntries(known), {
    version: '1.2',
    schema: 'core',
    lineWidth: 0,
    aliasDuplicateObjects: false,
    nullStr: 'null',
  });
}

/** `kind` first, then the keys by name; absent options are left out. */
export function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== 'object' || value === null) return value;
  const keys = Object.keys(value).sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  const entries = keys.map((key) => [key, ordered((value as Record<string, unknown>)[key])] as const);
  return Object.fromEntries(entries.filter(([, item]) => item !== undefined));
}

const rank = (key: string): number => (key === 'kind' ? 0 : 1);
