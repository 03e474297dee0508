// Why a run has no intervals, and what would give it some. Every change is tried before it is named.
// In: the config that was run, the facts of its data. Out: a note. Not here: folds (config/defaults.ts), intervals (evaluate/).

import { hasNetwork } from '../combine/member.ts';
import type { Config } from '../config/config.ts';
import { type Facts, settle } from '../config/defaults.ts';
import type { Written } from '../config/schema.ts';
import { neededFor } from '../evaluate/intervals.ts';
import { counted } from '../report/figures.ts';

/** Lengths that are tried, one row apart. */
const MOST_TRIED = 5000;

/** Facts and a horizon in the place of those that were run. */
interface Change {
  readonly facts: Facts;
  readonly horizon?: number;
}

/** The note of a run without a backtest. The same config and data give the same note, however much of the config was written. */
export function noIntervals(config: Config, facts: Facts): string {
  const works = (change: Change): boolean => variants(config, change).every((written) => hasIntervals(written, change));
  if (works({ facts })) return 'no intervals: evaluate.folds is 0; without that key there are some';
  const { season, rows } = facts;
  const { horizon } = config.predict;
  const nearer = downFrom(horizon - 1, (steps) => works({ facts, horizon: steps }));
  const part = downFrom(season - 1, (own) => season % own === 0 && works({ facts: withSeason(facts, own) }));
  const longer = upFrom(Math.max(rows, 2 * season) + 1, (more) => works({ facts: { ...facts, rows: more } }));
  const helps = [
    ...(nearer === null ? [] : [`predict.horizon: ${nearer}`]),
    ...(part === null ? [] : [`source.season: ${part}`]),
    ...(longer === null ? [] : [`${longer} rows`]),
  ];
  const cycle = season > 1 ? `season ${season}` : 'no season';
  const why = `${counted(rows, 'row')} allow no folds with ${cycle} and horizon ${horizon}`;
  return `no intervals: ${why}${helps.length > 0 ? `; there are some with ${helps.join(', or ')}` : ''}`;
}

function withSeason(facts: Facts, season: number): Facts {
  return { ...facts, season, seasons: [season], cycle: season, calendar: [] };
}

function downFrom(most: number, works: (value: number) => boolean): number | null {
  for (let value = most; value > 0; value--) if (works(value)) return value;
  return null;
}

function upFrom(least: number, works: (value: number) => boolean): number | null {
  for (let value = least; value < least + MOST_TRIED; value++) if (works(value)) return value;
  return null;
}

/**
 * What may have been written that came to this config: all of it, or as little as has a default of its own. A change that is named gives
 * intervals to each of them.
 */
function variants({ evaluate, ...config }: Config, { horizon }: Change): Written[] {
  const { folds: _, step, ...rest } = evaluate;
  const { context, horizon: block, ...window } = config.window;
  const steps = horizon ?? config.predict.horizon;
  const models = hasNetwork(config.model) ? [config.model, { kind: config.model.kind }] : [config.model];
  const windows = [{ ...window, context, horizon: block }, { ...window, context, horizon: steps }, window];
  return models.flatMap((model) =>
    windows.flatMap((own) =>
      [{ ...rest, step }, rest].flatMap((evaluated) => {
        const written = { ...config, model, window: own, evaluate: evaluated } as unknown as Written;
        const left = { ...config.predict, horizon } as unknown as Written['predict'];
        return [
          { ...written, predict: { ...config.predict, horizon: steps } },
          { ...written, predict: left },
        ];
      }),
    ),
  );
}

/** Whether there are folds, and errors enough for the lowest level. */
function hasIntervals(written: Written, { facts }: Change): boolean {
  const { evaluate, predict } = settle(written, facts);
  const { folds, step, stride, levels } = evaluate;
  const origins = folds * Math.ceil(step / stride) * (facts.series ?? 1);
  return origins * predict.horizon >= neededFor(Math.min(...levels));
}
