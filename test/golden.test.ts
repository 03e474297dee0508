// Every preset is an example is a golden: what it fits, scores, forecasts and says stands in test/golden/.
// A golden changes only with a line in the changelog that says why.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Result } from '../src/report/result.ts';
import { run } from '../src/run.ts';
import { workspace } from './support/workspace.ts';

const CONFIGS = join(import.meta.dirname, '..', 'configs');
const presets = readdirSync(CONFIGS)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => name.slice(0, -'.yaml'.length));

/** Presets that take long on the reference engine run shortened here; each says so in its opening comment. */
const SHORTENED: { readonly [preset: string]: readonly string[] } = {
  'air-passengers': ['evaluate.folds=1', 'train.seeds=2', 'train.steps=60'],
  'bike-sharing': ['evaluate.folds=1'],
  co2: ['evaluate.folds=1'],
  'many-stocks': ['evaluate.folds=1'],
  'recall-200': ['train.epochs=1'],
  'seattle-weather': ['evaluate.folds=1'],
  shakespeare: [
    'train.epochs=1',
    'window.stride=2048',
    'split.test=2',
    'model.embedding=8',
    'model.layers=[{ kind: lstm, units: 4 }, { kind: dropout, rate: 0.2 }, { kind: lstm, units: 4 }]',
  ],
  'source-code': ['train.epochs=2'],
  story: ['train.epochs=2'],
  tunes: ['train.epochs=2'],
  'us-retail-sales': ['evaluate.folds=1', 'train.seeds=2', 'train.steps=60'],
};

const space = workspace();

describe('golden', () => {
  it.each(presets)('%s gives what it gave', async (preset) => {
    const { result } = await run(join(CONFIGS, `${preset}.yaml`), {
      engine: 'reference',
      set: SHORTENED[preset] ?? [],
      out: join(space.path, preset),
    });
    await expect(essence(result)).toMatchFileSnapshot(join(import.meta.dirname, 'golden', `${preset}.json`));
  });
});

/** What must not change, at six significant digits: the last bits of exp and tanh are the platform's. */
function essence(result: Result): string {
  const { name, engine, data, fit, scores, backtest, decision, verdict, forecast, totals, text, warnings } = result;
  const kept = {
    name,
    engine: engine.kind,
    data,
    fit,
    scores,
    backtest,
    decision,
    verdict,
    forecast,
    totals,
    text,
    warnings,
  };
  return `${JSON.stringify(kept, (_, value) => (typeof value === 'number' ? Number(value.toPrecision(6)) : value), 1)}\n`;
}
