// The same forecaster at several seeds, trained side by side: what chance decides is averaged, and its size shown.
// In: a member, a count. Out: the mean or median of all. Not here: training.

import * as z from 'zod';
import type { Series } from '../core/data.ts';
import { ForecastError } from '../core/errors.ts';
import type { FitRequest, FittedNumbers, NumberForecaster } from '../core/forecaster.ts';
import { blend, type How, mixed, type Part, saidBy } from './blend.ts';
import type { CombinationKind, FittedCombination, Member } from './combination.ts';
import { how } from './how.ts';
import { labelOf, single, spelled } from './member.ts';

export interface SeedsOptions {
  readonly model: Member;
  readonly count: number;
  readonly how: How;
}

const KIND = 'seeds';

/** Seeds seed, seed + 1, … (below 2³²), so that one of them is the forecaster itself. Errors: the first one's, in the order of the seeds. */
export const seeds: CombinationKind<SeedsOptions> = {
  kind: KIND,
  form: 'numbers',
  summary: 'One network trained from several seeds: their mean or median, and how far they are apart.',
  options: z.strictObject({
    model: single.describe('The forecaster, by kind and options, or the kind alone'),
    count: z.int().min(1).max(100).default(5).describe('Seeds, a count, default 5'),
    how,
  }),
  create: ({ model, count, how }, context) =>
    seeded({ name: KIND, label: labelOf(model), count, how, create: () => context.create(spelled(model)) }),
};

/** A forecaster at several seeds. */
export interface Seeded {
  /** What the ensemble is called. */
  readonly name: string;
  /** What is trained, as its members are called. */
  readonly label: string;
  readonly count: number;
  readonly how: How;
  /** The forecaster that is trained from a seed. */
  create(seed: number): NumberForecaster;
}

/** The ensemble under a name of its own. Errors: the first seed's, in the order of the seeds. */
export function seeded(ensemble: Seeded): NumberForecaster {
  return { name: ensemble.name, fit: (series, request) => fitSeeds(series, request, ensemble) };
}

/** The seeds of an ensemble, from that of the run on. */
export function seedsFrom(seed: number, count: number): number[] {
  return Array.from({ length: count }, (_, k) => (seed + k) % 4_294_967_296);
}

async function fitSeeds(
  series: Series,
  request: FitRequest,
  { name, label, count, how, create }: Seeded,
): Promise<FittedCombination> {
  const own = seedsFrom(request.seed, count);
  // Side by side, each as if it were alone: engines share no state between trainings.
  const settled = await Promise.allSettled(
    own.map((seed, k) => create(seed).fit(series, quiet({ ...request, seed }, k))),
  );
  const fits = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const failed = settled.find((one) => one.status === 'rejected');
  if (failed) {
    for (const fitted of fits) fitted.dispose();
    throw failed.reason;
  }
  return await seedsOf(fits, own, { name, label, how }, series, request);
}

/** What is odd about a network, and how far it is, is told of the first seed. */
function quiet({ progress, warn, ...request }: FitRequest, k: number): FitRequest {
  return k > 0 ? request : { ...request, ...(progress ? { progress } : {}), ...(warn ? { warn } : {}) };
}

/** The ensemble of networks already fitted; the spread is that of their forecasts after the last known row. */
async function seedsOf(
  fits: readonly FittedNumbers[],
  own: readonly number[],
  { name, label, how }: Pick<Seeded, 'name' | 'label' | 'how'>,
  series: Series,
  { until, horizon = 1, lead = 0 }: Pick<FitRequest, 'until' | 'horizon' | 'lead'>,
): Promise<FittedCombination> {
  const weight = 1 / fits.length;
  const parts = fits.map((fitted) => ({ fitted, weight }));
  const spread = await spreadOf(parts, series, until, horizon, lead);
  const told = spread === null ? '' : `, forecasts ${(100 * spread).toFixed(1)} % apart`;
  const rule = `${how} of ${own.length} seeds (${own[0]} … ${own.at(-1)})${told}`;
  const members = own.map((seed) => ({ member: `${label} seed ${seed}`, error: null, weight, reason: null }));
  return apart(parts, how, blend(name, parts, how, { rule, members }, { seeds: [...own], spread }));
}

/** An ensemble whose forecasts tell as well what each of its networks said. */
function apart(parts: readonly Part[], how: How, ensemble: FittedCombination): FittedCombination {
  return {
    ...ensemble,
    forecast: async (series, request) => {
      const said = await saidBy(parts, series, request);
      return { values: mixed(parts, how, said), parts: said };
    },
  };
}

/** Columns known in advance may end where what is fitted does: nothing can be forecast there, and nothing has gone wrong. */
function endOfColumns(error: unknown): null {
  if (error instanceof ForecastError && error.code === 'E_DATA_FUTURE') return null;
  throw error;
}

/** Mean over steps of the standard deviation between seeds, as a share of the mean size of the forecasts; null where there is none. */
async function spreadOf(
  parts: readonly Part[],
  series: Series,
  until: number,
  horizon: number,
  lead: number,
): Promise<number | null> {
  if (parts.length < 2 || parts.some(({ fitted }) => until < (fitted.firstCutoff ?? 1))) return null;
  const all = await saidBy(parts, series, { cutoffs: [until], horizon, lead }).catch(endOfColumns);
  if (all === null) return null;
  let deviation = 0;
  let size = 0;
  const steps = (all[0] as Float64Array).length;
  for (let i = 0; i < steps; i++) {
    let mean = 0;
    for (const values of all) mean += (values[i] as number) / all.length;
    let squares = 0;
    for (const values of all) squares += ((values[i] as number) - mean) * ((values[i] as number) - mean);
    deviation += Math.sqrt(squares / (all.length - 1));
    size += Math.abs(mean);
  }
  return size > 0 ? deviation / size : null;
}
