// The M4 competition's own benchmark forecasts (Naive, sNaive, Naive2, SES) against ours, and the scores of seasonal-naive.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { NumberForecasterKind } from '../../src/forecasters/forecaster.ts';
import { FORECASTERS } from '../../src/forecasters/index.ts';
import { seriesOf } from '../encoders/data.ts';
import { SHARED } from './shared.ts';

const BOARDS = [
  { name: 'Hourly', season: 24, horizon: 48, smape: 13.912, mase: 1.193 },
  { name: 'Weekly', season: 1, horizon: 13, smape: 9.161, mase: 2.777 },
] as const;
const KINDS = [
  { kind: 'last-value', published: 'Naive', within: 1e-5 },
  { kind: 'seasonal-naive', published: 'sNaive', within: 1e-5 },
  { kind: 'naive2', published: 'Naive2', within: 1e-5 },
  { kind: 'ses', options: { deseasonalise: 'auto' }, published: 'SES', within: 5e-3 }, // another search for α
] as const;

function rowsOf(path: string): Float64Array[] {
  const bytes = readFileSync(join(SHARED, 'data', path));
  const text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  return text
    .trim()
    .split(/\r?\n/)
    .slice(1)
    .map((line) => {
      const cells = line.split(',').slice(1);
      return Float64Array.from(
        cells.map((cell) => cell.replaceAll('"', '')).filter((cell) => cell !== '' && cell !== 'NA'),
        Number,
      );
    });
}

async function forecast(kind: string, options: object, y: Float64Array, season: number, horizon: number) {
  const entry = FORECASTERS[kind] as NumberForecasterKind;
  const series = seriesOf({ y });
  const fitted = await entry
    .create(entry.options.parse(options), { season })
    .fit(series, { until: y.length, validation: null, seed: 1 });
  return (await fitted.forecast(series, { cutoffs: [y.length], horizon, lead: 0 })).values;
}

const present = existsSync(join(SHARED, 'data', 'benchmarks', 'm4'));
if (!present)
  console.warn('skipped: data/benchmarks/m4 not found: set FORECAST_SHARED to the folder of outside numbers');

describe.skipIf(!present)('M4', () => {
  describe.each(BOARDS)('$name', ({ name, season, horizon, smape, mase }) => {
    const train = !present ? [] : rowsOf(`benchmarks/m4/${name}-train.csv.gz`);

    it.each(KINDS)('$kind forecasts as the published $published', async ({ kind, published, within, ...rest }) => {
      const theirs = rowsOf(`published/m4-${name.toLowerCase()}-forecast-${published}.csv.gz`);
      let apart = 0;
      for (const [i, y] of train.entries()) {
        const ours = await forecast(kind, 'options' in rest ? rest.options : {}, y, season, horizon);
        for (let h = 0; h < horizon; h++) {
          const value = theirs[i]?.[h] as number;
          apart += Math.abs((ours[h] as number) - value) / Math.abs(value);
        }
      }
      expect(apart / train.length / horizon).toBeLessThan(within);
    });

    it('seasonal-naive has the published sMAPE and MASE', async () => {
      const actual = rowsOf(`benchmarks/m4/${name}-test.csv`);
      let percent = 0;
      let scaled = 0;
      for (const [i, y] of train.entries()) {
        const ours = await forecast('seasonal-naive', {}, y, season, horizon);
        const naive = y.subarray(season).reduce((sum, v, t) => sum + Math.abs(v - (y[t] as number)), 0);
        const scale = naive / (y.length - season);
        let [p, s] = [0, 0];
        for (let h = 0; h < horizon; h++) {
          const [a, f] = [actual[i]?.[h] as number, ours[h] as number];
          p += (200 * Math.abs(a - f)) / (Math.abs(a) + Math.abs(f));
          s += Math.abs(a - f) / scale;
        }
        percent += p / horizon / train.length;
        scaled += s / horizon / train.length;
      }
      expect(percent.toFixed(3)).toBe(smape.toFixed(3));
      expect(scaled.toFixed(3)).toBe(mase.toFixed(3));
    });
  });
});
