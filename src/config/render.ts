// The resolved config as YAML text: every key spelled out, in the order of the pipeline; loading it gives the same config again.
// Not here: where it is written (artifact/).

import { stringify } from 'yaml';
import { ordered } from '../core/json.ts';
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
