// Tables drawn from a seed: series of many characters, with and without dates, ids, inputs and holes at their ends. Short.

import type { Draw, Options } from './draw.ts';

const CHARACTERS: { readonly [character: string]: (t: number, season: number, draw: Draw) => number } = {
  wave: (t, season, draw) => 20 + t / 10 + 3 * wave(t, season) + 0.3 * draw.normal(),
  counts: (t, season, draw) => Math.max(0, Math.round(4 + 3 * wave(t, season) + draw.normal())),
  around: (_, __, draw) => 2 * draw.normal(),
  growth: (t, season) => Math.exp(1 + 0.03 * t + 0.1 * wave(t, season)),
  constant: () => 5,
  huge: (t, season, draw) => 1e9 * (3 + wave(t, season) + 0.1 * draw.normal()),
  tiny: (t, season, draw) => 1e-6 * (3 + wave(t, season) + 0.1 * draw.normal()),
  shift: (t, season) => (t > 30 ? 60 : 10) + wave(t, season),
  rare: (_, __, draw) => (draw.happens(0.2) ? draw.whole(1, 5) : 0),
};

function wave(t: number, season: number): number {
  return Math.sin((2 * Math.PI * t) / season);
}

function values(draw: Draw, length: number): number[] {
  const made = CHARACTERS[draw.one(['wave', 'wave', ...Object.keys(CHARACTERS)])] as (typeof CHARACTERS)[string];
  const season = draw.one([4, 7, 12]);
  return Array.from({ length }, (_, t) => Number(made(t, season, draw).toPrecision(6)));
}

const day = (t: number): string => new Date(Date.UTC(2021, 0, 4) + 86_400_000 * t).toISOString().slice(0, 10);

/** Times by what they count, and a feature of their calendar. */
const TIMES: { readonly [unit: string]: { readonly at: (t: number) => string; readonly calendar: string | null } } = {
  month: { at: (t) => `${1990 + Math.floor(t / 12)}-${String((t % 12) + 1).padStart(2, '0')}`, calendar: 'month' },
  quarter: { at: (t) => `${1990 + Math.floor(t / 4)} Q${(t % 4) + 1}`, calendar: 'quarter' },
  week: { at: (t) => day(7 * t), calendar: 'week-of-year' },
  day: { at: day, calendar: 'weekday' },
  hour: {
    at: (t) => new Date(Date.UTC(2021, 0, 4) + 3_600_000 * t).toISOString().slice(0, 16),
    calendar: 'hour',
  },
  year: { at: (t) => String(1900 + t), calendar: null },
};

export interface Numbers {
  readonly source: Options;
  /** Its file and what is in it; null: it reads none. */
  readonly file: readonly [string, string] | null;
  readonly targets: number;
  readonly past: number;
}

const LENGTHS = [30, 45, 60, 60, 80];
/** Rows of inputs known in advance after the last target. */
const AHEAD = 12;

/** A source of numbers of any kind. */
export function numbers(draw: Draw): Numbers {
  const kind = draw.one(['generated', 'csv', 'csv', 'csv', 'panel', 'panel', 'rows', 'tsf']);
  const length = draw.one(LENGTHS);
  if (kind === 'generated') return { source: generated(draw, length), file: null, targets: 1, past: 0 };
  if (kind === 'rows') return rows(draw, length);
  if (kind === 'tsf') return tsf(draw, length);
  return csv(draw, length, kind === 'panel');
}

function generated(draw: Draw, length: number): Options {
  const law = draw.one<Options>([
    { series: 'counting' },
    { series: 'sine', period: draw.one([6, 20, 7.5]), noise: 0.1 },
    { series: 'trend-season', noise: 0.3 },
    { series: 'random-walk' },
    { series: 'ar', coefficients: [0.5, -0.2], level: 3 },
    { series: 'logistic' },
  ]);
  return { kind: 'generated', length, ...law };
}

function csv(draw: Draw, length: number, several: boolean): Numbers {
  const unit = draw.one(Object.keys(TIMES));
  const { at, calendar } = TIMES[unit] as (typeof TIMES)[string];
  const targets = draw.happens(0.25) ? ['y', 'z'] : ['y'];
  const [past, future] = [draw.happens(0.25) ? ['x'] : [], draw.happens(0.3) ? ['p', 'q'] : []];
  const ids = several ? ['a', 'b', 'c', 'd'].slice(0, draw.whole(2, 4)) : [null];
  const lines = ids.flatMap((id) => {
    const own = several && draw.happens(0.25) ? draw.whole(4, length) : length;
    const known = [...targets, ...past].map(() => values(draw, own));
    return Array.from({ length: own + (future.length > 0 ? AHEAD : 0) }, (_, t) => {
      const ahead = future.length > 0 ? [t % 5 === 2 ? 1 : 0, (t % 9) / 4] : [];
      return [...(id === null ? [] : [id]), at(length - own + t), ...known.map((one) => one[t] ?? ''), ...ahead];
    });
  });
  const head = [...(several ? ['id'] : []), 'time', ...targets, ...past, ...future];
  const source = {
    kind: 'csv',
    file: 'table.csv',
    time: 'time',
    target: targets.length > 1 ? targets : 'y',
    ...(several ? { id: 'id' } : {}),
    ...(past.length > 0 ? { past } : {}),
    ...(future.length > 0 ? { future: draw.some(future, 2) } : {}),
    ...draw.maybe(0.25, () => ({ season: draw.one<number | number[]>([1, 4, 7, 12, [4, 12]]) })),
    ...(calendar === null ? {} : draw.maybe(0.2, () => ({ calendar: [calendar] }))),
  };
  const text = [head, ...lines].map((cells) => cells.join(',')).join('\n');
  return { source, file: ['table.csv', `${text}\n`], targets: targets.length, past: past.length };
}

function rows(draw: Draw, length: number): Numbers {
  const head = ['id', ...Array.from({ length }, (_, t) => `v${t + 1}`)];
  const lines = Array.from({ length: draw.whole(1, 4) }, (_, s) => [
    `s${s}`,
    ...values(draw, draw.happens(0.3) ? draw.whole(5, length) : length),
  ]);
  const dated = draw.maybe(0.5, () => ({ start: '2001-01', frequency: 'monthly' }));
  const text = [head, ...lines].map((cells) => cells.join(',')).join('\n');
  const source = { kind: 'rows', file: 'rows.csv', ...dated };
  return { source, file: ['rows.csv', `${text}\n`], targets: 1, past: 0 };
}

function tsf(draw: Draw, length: number): Numbers {
  const head = [
    '@relation any',
    '@attribute series_name string',
    '@attribute start_timestamp date',
    '@frequency monthly',
    `@horizon ${draw.whole(1, 8)}`,
    '@missing false',
    '@equallength false',
    '@data',
  ];
  const lines = Array.from(
    { length: draw.whole(1, 3) },
    (_, s) => `T${s}:1990-01-01 00-00-00:${values(draw, length).join(',')}`,
  );
  const text = `${[...head, ...lines].join('\n')}\n`;
  return { source: { kind: 'tsf', file: 'any.tsf' }, file: ['any.tsf', text], targets: 1, past: 0 };
}
