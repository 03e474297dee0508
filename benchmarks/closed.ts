// The closed-form fits that are timed: linear over the windows of a panel as large as M4's weekly one, and of one long series.
// In: nothing. Out: what each is, and the fit. Not here: timing (run.ts).

import type { Series } from '../src/core/data.ts';
import type { FitRequest } from '../src/core/forecaster.ts';
import { random } from '../src/core/random.ts';
import type { NumberForecasterKind } from '../src/forecasters/forecaster.ts';
import { FORECASTERS } from '../src/forecasters/index.ts';

export interface ClosedFit {
  readonly what: string;
  solve(): Promise<unknown>;
}

export function closedFits(): ClosedFit[] {
  const panel = Array.from({ length: 359 }, (_, s) => walk(1000, 52, s));
  const long = [walk(20_000, 168, 0)];
  const settings = { ridge: 1e-3, weigh: 'equal' };
  return [
    {
      what: '359 series of 1,000 rows, context 260, 13 steps',
      solve: fitOf(panel, { ...settings, context: 260 }, 52, 13),
    },
    {
      what: 'one series of 20,000 rows, context 336, 48 steps',
      solve: fitOf(long, { ...settings, context: 336 }, 168, 48),
    },
    { what: 'one series of 20,000 rows, nothing written, 48 steps', solve: fitOf(long, {}, 24, 48) },
  ];
}

/** A season that wanders: exp of a random walk with a sine on it. */
function walk(rows: number, season: number, index: number): Series {
  const draw = random(7, `closed fit ${index}`);
  const values = new Float64Array(rows);
  for (let t = 0, level = 8; t < rows; t++) {
    level += 0.02 * draw.normal();
    values[t] = Math.exp(level + 0.2 * Math.sin((2 * Math.PI * t) / season));
  }
  return {
    id: `${index}`,
    length: rows,
    time: { stamps: null, frequency: { unit: 'index', count: 1 }, format: 'index', name: 'index' },
    targets: [{ name: 'y', values }],
    past: [],
    future: [],
  };
}

function fitOf(panel: readonly Series[], written: object, season: number, horizon: number): () => Promise<unknown> {
  const kind = FORECASTERS.linear as NumberForecasterKind;
  const request = ({ length }: Series): FitRequest => ({ until: length, validation: null, horizon, lead: 0, seed: 1 });
  const forecaster = kind.create(kind.options.parse(written), { season });
  return () => forecaster.fitPanel?.(panel, panel.map(request)) ?? Promise.reject(new Error('linear fits no panel'));
}
