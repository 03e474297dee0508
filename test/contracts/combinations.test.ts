// What every combination promises: iterates the table.

import { describe, expect, it } from 'vitest';
import type { CombineContext, FittedCombination, Member } from '../../src/combine/combination.ts';
import { reportOf } from '../../src/combine/combination.ts';
import { COMBINATIONS } from '../../src/combine/index.ts';
import { poolOf } from '../../src/combine/pool.ts';
import type { FitRequest, FittedNumbers, NumberForecaster } from '../../src/core/forecaster.ts';
import type { NumberForecasterKind } from '../../src/forecasters/forecaster.ts';
import { FORECASTERS } from '../../src/forecasters/index.ts';
import { MODELS } from '../../src/models/index.ts';
import { seriesOf } from '../encoders/data.ts';
import { everyFieldIsDescribed } from './kinds.ts';

const SEASON = 4;
const H = 3;

const context: CombineContext = {
  season: SEASON,
  create: (member): NumberForecaster => {
    const { kind, ...options } = member;
    const combination = COMBINATIONS[kind];
    if (combination) return combination.create(combination.options.parse(options), context);
    const entry = FORECASTERS[kind] as NumberForecasterKind;
    return entry.create(entry.options.parse(options), { season: SEASON });
  },
};

/** What each kind needs to be written with. */
const WRITTEN: { readonly [kind: string]: object } = {
  average: { members: ['theta', { kind: 'holt', damped: true }, 'drift'] },
  weighted: { members: ['theta', { kind: 'holt', damped: true }, 'drift'] },
  seeds: { model: 'theta', count: 3 },
  'log-scale': { model: 'theta' },
  auto: { members: ['theta', 'seasonal-naive', 'drift', 'ses', 'holt', 'last-value'] },
};
const wave = (length: number, lift = 100): number[] =>
  Array.from({ length }, (_, t) => lift + t + 9 * Math.sin((Math.PI * t) / 2) + ((t * 7) % 5));
const request = (until: number): FitRequest => ({ until, validation: null, seed: 7, horizon: H, lead: 0 });
const made = (kind: string): NumberForecaster => context.create({ kind, ...WRITTEN[kind] });
const asked = (fitted: FittedNumbers, y: readonly number[], cutoffs: number[], horizon: number = H, lead = 0) =>
  fitted.forecast(seriesOf({ y }), { cutoffs, horizon, lead });

describe.each(Object.entries(COMBINATIONS))('%s', (kind, entry) => {
  it('is called by its own name, which no forecaster and no network has', () => {
    expect(entry.kind).toBe(kind);
    expect(FORECASTERS[kind] ?? MODELS[kind]).toBeUndefined();
    expect(made(kind).name).toBe(kind);
    expect(entry.summary).toMatch(/\.$/);
    everyFieldIsDescribed(entry);
    expect(() => entry.options.parse({ ...WRITTEN[kind], nonsense: 1 })).toThrow();
  });

  it('of members that are all the same is that member, to the last bit', async () => {
    const y = wave(60);
    const member = { kind: 'drift' };
    const four: Member[] = [member, member, member, member];
    const written: { readonly [kind: string]: object } = {
      average: { members: four },
      weighted: { members: four },
      auto: { members: four },
      seeds: { model: member, count: 4 },
    };
    if (kind === 'log-scale') return; // one forecaster on another scale
    const fitted = await context.create({ kind, ...written[kind] }).fit(seriesOf({ y }), request(50));
    const alone = await context.create(member).fit(seriesOf({ y }), request(50));
    expect((await asked(fitted, y, [50, 55])).values).toEqual((await asked(alone, y, [50, 55])).values);
  });

  it('fitting reads only [0, validation ?? until): what follows changes neither the state nor a forecast', async () => {
    const y = wave(70);
    const later = y.map((value, t) => (t < 55 ? value : -1e6 * (t + 1)));
    const [one, two] = [
      await made(kind).fit(seriesOf({ y }), request(55)),
      await made(kind).fit(seriesOf({ y: later }), request(55)),
    ];
    expect(two.state()).toEqual(one.state());
    expect(await asked(two, y, [30, 55])).toEqual(await asked(one, y, [30, 55]));
    expect(await asked(one, later, [30, 55])).toEqual(await asked(one, y, [30, 55]));
    const held = { ...request(70), validation: 55 };
    const third = await made(kind).fit(seriesOf({ y }), held);
    expect(await asked(third, y, [55])).toEqual(await asked(one, y, [55]));
  });

  it('is the same each time, and many cutoffs are the same as one by one', async () => {
    const y = wave(60);
    const fits = await Promise.all([1, 2].map(() => made(kind).fit(seriesOf({ y }), request(60))));
    const [one, two] = fits as [FittedNumbers, FittedNumbers];
    expect(two.state()).toEqual(one.state());
    const { values } = await asked(one, y, [20, 60, 41], 4, 1);
    for (const [n, cutoff] of [20, 60, 41].entries()) {
      expect(values.slice(4 * n, 4 * n + 4)).toEqual((await asked(two, y, [cutoff], 4, 1)).values);
    }
  });

  it('forecasts every target of every series of a panel', async () => {
    const panel = [seriesOf({ a: wave(60), b: wave(60, 300) }), seriesOf({ a: wave(50, 900), b: wave(50, 50) })];
    const requests = [request(60), request(50)];
    const forecaster = made(kind);
    const fits = forecaster.fitPanel
      ? await forecaster.fitPanel(panel, requests)
      : await Promise.all(panel.map((series, s) => forecaster.fit(series, requests[s] as FitRequest)));
    for (const [s, series] of panel.entries()) {
      const { values } = await (fits[s] as FittedNumbers).forecast(series, { cutoffs: [50], horizon: 2, lead: 0 });
      expect(values).toHaveLength(4);
      expect(values.every(Number.isFinite)).toBe(true);
    }
  });

  it('its state is plain JSON, and the weights of its members sum to 1', async () => {
    const fitted = await made(kind).fit(seriesOf({ y: wave(60) }), request(60));
    expect(JSON.parse(JSON.stringify(fitted.state()))).toEqual(fitted.state());
    const report = reportOf(fitted);
    if (kind === 'log-scale') expect(report).toBeNull();
    else expect(report?.members.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 12);
    fitted.dispose();
  });

  it('rows too few for any member are refused in one line', async () => {
    const strict = { average: 0, weighted: 0, auto: 0 };
    const written = kind in strict ? { members: ['airline', 'airline'] } : { model: 'airline' };
    const forecaster = context.create({ kind, ...written });
    await expect(forecaster.fit(seriesOf({ y: wave(5) }), request(5))).rejects.toMatchObject({
      code: 'E_DATA_TOO_SHORT',
      hint: expect.any(String),
    });
  });
});

describe('members', () => {
  const fitted = async (choice: { kind: string } & object, y: readonly number[]): Promise<FittedCombination> =>
    (await context.create(choice).fit(seriesOf({ y }), request(y.length))) as FittedCombination;

  it('the median of three is the middle one, of four the mean of the middle two', async () => {
    const y = [1, 2, 3, 4, 5, 6, 7, 8];
    const members = ['last-value', 'drift', 'mean'];
    const three = await fitted({ kind: 'average', how: 'median', members } as never, y);
    expect([...(await asked(three, y, [8], 1)).values]).toEqual([8]); // of 8, 9 and 4.5
    const four = await fitted({ kind: 'average', how: 'median', members: [...members, 'seasonal-naive'] } as never, y);
    expect([...(await asked(four, y, [8], 1)).values]).toEqual([6.5]); // of 4.5, 5, 8 and 9
  });

  it('the mean is the mean', async () => {
    const y = [1, 2, 3, 4, 5, 6, 7, 8];
    const both = await fitted({ kind: 'average', members: ['last-value', 'drift'] } as never, y);
    expect([...(await asked(both, y, [8], 2)).values]).toEqual([8.5, 9]);
  });

  it.each(['average', 'weighted', 'auto'])('%s leaves a member that fails out, and says why', async (kind) => {
    const y = wave(60).map((value, t) => (t === 9 ? 0 : value));
    const members = [{ kind: 'log-scale', model: 'theta' }, { kind: 'theta' }, { kind: 'drift' }];
    const { report } = await fitted({ kind, members } as never, y);
    expect(report.members[0]).toMatchObject({
      member: 'log theta',
      weight: 0,
      reason: 'a logarithm needs values above 0, row 10 has 0',
    });
    expect(report.members.slice(1).map(({ reason }) => reason)).toEqual([null, null]);
  });

  it('a series in a panel leaves out by itself the member that cannot be fitted to it', async () => {
    const panel = [seriesOf({ y: wave(60) }), seriesOf({ y: wave(60).map((value, t) => (t === 9 ? 0 : value)) })];
    const members = [{ kind: 'log-scale', model: 'theta' }, 'drift'];
    const average = context.create({ kind: 'average', members } as never);
    const fits = (await average.fitPanel?.(panel, [request(60), request(60)])) as FittedCombination[];
    expect(fits.map(({ report }) => report.members.map(({ weight }) => weight))).toEqual([
      [0.5, 0.5],
      [0, 1],
    ]);
  });

  it('the better of two weighs (error ratio)⁴ times as much', async () => {
    const { report } = await fitted({ kind: 'weighted', members: ['seasonal-naive', 'mean'] } as never, wave(80));
    const [a, b] = report.members as [(typeof report.members)[0], (typeof report.members)[0]];
    const ratio = (b.error as number) / (a.error as number);
    expect(a.weight / b.weight).toBeCloseTo(ratio * ratio * ratio * ratio, 6);
  });

  const EIGHT = ['mean', 'seasonal-naive', 'drift', 'ses', 'holt', 'last-value', 'theta', 'croston'];

  it('auto takes all members near the best, three at least, and all where none can be judged', async () => {
    // From row 20 on three forecasts of three steps lie side by side: too few to weigh by.
    const { report } = await fitted({ kind: 'auto', members: EIGHT } as never, wave(31));
    const errors = report.members.map(({ error }) => error as number);
    const taken = errors.filter((_, i) => (report.members[i]?.weight as number) > 0).sort((a, b) => a - b);
    const others = errors.filter((_, i) => report.members[i]?.weight === 0);
    expect(taken.length).toBeGreaterThanOrEqual(3);
    expect(others.length).toBeGreaterThan(0);
    // 1 + 1/√3 is over the most, 1.5.
    for (const error of taken.slice(3)) expect(error).toBeLessThanOrEqual(1.5 * (taken[0] as number));
    for (const error of others) expect(error).toBeGreaterThan(Math.max(1.5 * (taken[0] as number), taken[2] as number));
    expect(report.rule).toMatch(/^median of \d of 8 within 50 % of the best, judged by 5 rolling origins of 3 steps/);
    expect(report.how).toBe('median');
    const short = await fitted({ kind: 'auto', members: EIGHT } as never, wave(20));
    expect(short.report.members.every(({ weight }) => weight > 0)).toBe(true);
    expect(short.report.rule).toMatch(/^median of all 8, none judged: too few rows for a rolling origin/);
  });

  it('auto weighs members for the least error together where four forecasts lie side by side', async () => {
    const { report } = await fitted({ kind: 'auto', members: EIGHT } as never, wave(60));
    expect(report.rule).toMatch(
      /^mean of \d of 8, weighted for the least error together, judged by 16 rolling origins of 3 steps/,
    );
    expect(report.how).toBe('mean');
    // Two that err alike have no more to say than one of them alone: a copy of the best changes no other's weight by much.
    const weights = new Map(report.members.map(({ member, weight }) => [member, weight]));
    const [best] = [...report.members].sort((a, b) => (a.error as number) - (b.error as number));
    const twice = await fitted({ kind: 'auto', members: [...EIGHT, best?.member] } as never, wave(60));
    for (const { member, weight } of twice.report.members) {
      const share = member === best?.member ? 2 * weight : weight;
      expect(share).toBeCloseTo(weights.get(member) as number, 0.7);
    }
  });

  it('auto weighs a panel as it would one series many times over, whatever the unit of each', async () => {
    const alone = await fitted({ kind: 'auto', members: EIGHT } as never, wave(60));
    const auto = context.create({ kind: 'auto', members: EIGHT } as never);
    const panel = [1, 1e6, 1e-3].map((unit) => seriesOf({ y: wave(60).map((value) => unit * value) }));
    const fits = (await auto.fitPanel?.(
      panel,
      panel.map(() => request(60)),
    )) as FittedCombination[];
    const one = fits[0];
    for (const [i, { weight }] of alone.report.members.entries()) {
      expect(one?.report.members[i]?.weight).toBeCloseTo(weight, 2);
    }
    expect(one?.report.rule).toMatch(/^mean of \d of 8, weighted for the least error together/);
  });

  it('auto judges by more than five origins only where that takes at most an eighth of its budget', async () => {
    const origins = async (budget: string): Promise<[number, number]> => {
      const { report } = await fitted({ kind: 'auto', members: EIGHT, budget } as never, wave(80));
      return [/by (\d+) rolling/, /, ([\d.]+)s of/].map((of) => Number(of.exec(report.rule)?.[1])) as [number, number];
    };
    const [most, all] = await origins('20s');
    expect(most).toBe(16);
    expect((await origins(`${7.9 * all}s`))[0]).toBeLessThan(16);
    expect((await origins(`${8.1 * all}s`))[0]).toBe(16);
    expect((await origins(`${all}s`))[0]).toBe(5);
  });

  it('auto judges a short series near its end and a long one over its newest half', async () => {
    const fittedAt = async (rows: number): Promise<number[]> => {
      const asked: number[] = [];
      const recording: CombineContext = {
        ...context,
        create: (member) => {
          const made = context.create(member);
          return {
            ...made,
            fit: (series, one) => {
              asked.push(one.until);
              return made.fit(series, one);
            },
          };
        },
      };
      const entry = COMBINATIONS.auto as (typeof COMBINATIONS)[string];
      const auto = entry.create(entry.options.parse({ members: ['drift'] }), recording);
      await auto.fit(seriesOf({ y: wave(rows) }), request(rows));
      return asked.filter((until) => until < rows).sort((a, b) => a - b);
    };
    const near = await fittedAt(3999);
    expect(near).toHaveLength(16);
    expect(near[0]).toBe(3999 - H - 15 * (SEASON / 2));
    const wide = await fittedAt(4800);
    expect(wide).toHaveLength(16);
    expect(wide[0]).toBe(4800 - H - 15 * (4800 / 2 / 16));
  });

  it('a member of auto that cannot be fitted costs its budget nothing', async () => {
    const gap = wave(80).map((value, t) => (t === 9 ? 0 : value));
    const members = [{ kind: 'log-scale', model: 'ets' }, 'drift', 'ses'];
    const { report } = await fitted({ kind: 'auto', members, budget: '2ms' } as never, gap);
    expect(report.members.map(({ reason }) => reason)).toEqual([
      'a logarithm needs values above 0, row 10 has 0',
      null,
      null,
    ]);
  });

  it('a long series is told by what is fitted to its whole past, and within a season ahead by its newest level as well', () => {
    const long = { season: 24, rows: 4000, reach: 25 };
    const kinds = (other: object): unknown[] => poolOf({ ...long, ...other }).map(({ kind }) => kind);
    expect(kinds({})).toEqual(['seasonal-naive', 'regression', 'regression', 'linear', 'linear']);
    expect(kinds({ reach: 24 })).toEqual([...kinds({}).slice(0, 3), 'airline', 'mstl', 'linear', 'linear']);
    expect(poolOf(long).slice(-2)).toMatchObject([{ scale: 'series', log: false }, { context: 336 }]);
    for (const other of [{ rows: 3999 }, { season: 1 }, { season: 61 }, { series: 30 }])
      expect(kinds(other)).toContain('theta');
  });

  it('how far ahead that is, auto counts from the last known row to the last step, with what is skipped', async () => {
    const auto = context.create({ kind: 'auto', budget: '1ms' });
    const tried = async (horizon: number, lead: number): Promise<readonly string[]> => {
      const fitted = await auto.fit(seriesOf({ y: wave(4000) }), { ...request(4000), horizon, lead });
      return (fitted as FittedCombination).report.members.map(({ member }) => member);
    };
    expect(await tried(SEASON, 0)).toContain('airline');
    expect(await tried(SEASON - 1, 1)).toContain('airline');
    expect(await tried(SEASON, 1)).not.toContain('airline');
  });

  it('auto takes the mean of as many of the best as it is told to', async () => {
    const { report } = await fitted({ kind: 'auto', members: EIGHT, best: 5, how: 'mean' } as never, wave(60));
    const errors = (of: (weight: number) => boolean): number[] =>
      report.members.filter(({ weight }) => of(weight)).map(({ error }) => error as number);
    expect(errors((weight) => weight > 0)).toHaveLength(5);
    expect(Math.min(...errors((weight) => weight === 0))).toBeGreaterThanOrEqual(Math.max(...errors((w) => w > 0)));
    expect(report.rule).toMatch(/^mean of the best 5 of 8, judged by 16 rolling origins of 3 steps/);
  });

  it('a series of a panel that a member cannot be fitted to costs it the others only where they are fewer', async () => {
    const gap = wave(60).map((value, t) => (t === 9 ? 0 : value));
    const chosen = async (...panel: number[][]): Promise<FittedCombination[]> => {
      const auto = context.create({
        kind: 'auto',
        members: [{ kind: 'log-scale', model: 'theta' }, 'theta', 'drift'],
      } as never);
      const requests = panel.map(() => request(60));
      return (await auto.fitPanel?.(
        panel.map((y) => seriesOf({ y })),
        requests,
      )) as FittedCombination[];
    };
    const weights = ({ report }: FittedCombination): number[] => report.members.map(({ weight }) => weight);
    const most = await chosen(wave(60), wave(60, 300), gap);
    expect(most.map((fitted) => (weights(fitted)[0] as number) > 0)).toEqual([true, true, false]);
    expect(most[2]?.report.members[0]?.reason).toBe('a logarithm needs values above 0, row 10 has 0');
    const few = await chosen(wave(60), gap, gap);
    expect(few.map((fitted) => (weights(fitted)[0] as number) > 0)).toEqual([false, false, false]);
    expect(few[0]?.report.members[0]?.reason).toBe('a logarithm needs values above 0, row 10 has 0');
  });

  it('the more forecasts there are to judge by, the nearer to the best a member of auto must be', async () => {
    const near = async (length: number): Promise<number> => {
      const y = wave(length).map((value, t) => value + ((t * t * 13) % 7));
      const { report } = await fitted({ kind: 'auto', members: EIGHT } as never, y);
      return Number(/within (\d+) %/.exec(report.rule)?.[1]);
    };
    expect(await near(29)).toBe(50);
    const panel = Array.from({ length: 8 }, (_, k) => seriesOf({ y: wave(60, 100 + 9 * k) }));
    const auto = context.create({ kind: 'auto', how: 'mean', members: EIGHT } as never);
    const fits = (await auto.fitPanel?.(
      panel,
      panel.map(() => request(60)),
    )) as FittedCombination[];
    expect(fits[0]?.report.rule).toMatch(/^mean of \d of 8 within 11 % of the best/); // 8 series, 11 side by side in each
  });

  it('a smaller budget tries fewer members, the first one always, and says which it left out', async () => {
    const tried = async (budget: string): Promise<number> => {
      const { report } = await fitted({ kind: 'auto', budget } as never, wave(80));
      expect(report.members[0]?.reason).toBeNull();
      for (const { reason, error } of report.members) expect(reason === null || error === null).toBe(true);
      return report.members.filter(({ reason }) => !reason?.startsWith('over the budget')).length;
    };
    const counts = [await tried('0.001ms'), await tried('20ms'), await tried('1m')];
    expect(counts[0]).toBe(1);
    expect(counts[1]).toBeGreaterThan(1);
    expect(counts[2]).toBeGreaterThan(counts[1] as number);
    const { report } = await fitted(
      { kind: 'auto', budget: '0.001ms', members: ['ets', 'last-value'] } as never,
      wave(80),
    );
    expect(report.members.map(({ reason }) => reason)).toEqual([null, expect.stringMatching(/^over the budget/)]);
  });

  it('a network’s multiply-adds weigh a fifth of a recursion’s: six fits of 16e9 are within 20s, of 17e9 are not', async () => {
    const tried = async (cost: number): Promise<string | null | undefined> => {
      const lent: CombineContext = {
        ...context,
        create: ({ kind }) => context.create({ kind: kind === 'lstm-regressor' ? 'drift' : kind }),
        networkCost: () => cost,
      };
      const options = COMBINATIONS.auto?.options.parse({ members: ['last-value', 'lstm-regressor'] });
      const asking = COMBINATIONS.auto?.create(options, lent).fit(seriesOf({ y: wave(80) }), request(80));
      return ((await asking) as FittedCombination).report.members[1]?.reason;
    };
    expect(await tried(16e9)).toBeNull();
    expect(await tried(17e9)).toMatch(/^over the budget: it would take 20s, /);
  });

  it('seeds are those from the run on, each as it would be alone', async () => {
    const seen: number[] = [];
    const lent: CombineContext = {
      ...context,
      create: (member) => ({
        name: member.kind,
        fit: async (series, asked) => {
          seen.push(asked.seed);
          const inner = await context.create({ kind: 'last-value' }).fit(series, asked);
          const forecast: FittedNumbers['forecast'] = async (given, to) => {
            const { values } = await inner.forecast(given, to);
            return { values: values.map((value) => value + asked.seed) };
          };
          return { ...inner, forecast };
        },
      }),
    };
    const y = [5, 5, 5, 5, 5, 5];
    const seeds = COMBINATIONS.seeds;
    const forecaster = seeds?.create(seeds.options.parse({ model: 'theta', count: 3, how: 'median' }), lent);
    const ensemble = (await forecaster?.fit(seriesOf({ y }), {
      ...request(6),
      seed: 4_294_967_295,
    })) as FittedCombination;
    expect(seen).toEqual([4_294_967_295, 0, 1]);
    expect([...(await asked(ensemble, y, [6], 2)).values]).toEqual([6, 6]);
    expect(ensemble.report.rule).toMatch(/^median of 3 seeds .* % apart$/);
  });

  it('log members forecast the exponential of what they say of logarithms', async () => {
    const y = [1, Math.E, Math.E * Math.E];
    const drift = await context
      .create({ kind: 'log-scale', model: { kind: 'drift' } })
      .fit(seriesOf({ y }), request(3));
    const { values } = await asked(drift, y, [3], 1);
    expect(values[0]).toBeCloseTo(Math.E * Math.E * Math.E, 10);
  });

  it('log members meet a value without a logarithm after the fit as half the least they know', async () => {
    const naive = context.create({ kind: 'log-scale', model: { kind: 'last-value' } });
    const y = [4, 2, 8, 0, -1];
    const fitted = await naive.fit(seriesOf({ y }), request(3));
    const { values } = await asked(fitted, y, [3, 4, 5], 1);
    expect([...values].map((value) => value.toFixed(9))).toEqual(['8.000000000', '1.000000000', '1.000000000']);
    await expect(naive.fit(seriesOf({ y }), request(4))).rejects.toMatchObject({ code: 'E_DATA_RANGE' });
  });
});

describe('auto, of a panel of many series', () => {
  const rows = wave(60);
  const panel = Array.from({ length: 230 }, (_, s) => seriesOf({ y: rows.map((y) => y * (1 + s)) }));
  const requests = panel.map(() => request(60));
  const fits = { count: 0 };
  const counting: CombineContext = {
    season: SEASON,
    create: (member) => {
      const inner = context.create(member);
      return {
        name: inner.name,
        fit: (series, asking) => {
          fits.count++;
          return inner.fit(series, asking);
        },
      };
    },
  };

  it('judges a hundred of them at the most, and fits all to what it chose', async () => {
    const kind = COMBINATIONS.auto as (typeof COMBINATIONS)[string];
    const made = kind.create(
      kind.options.parse({ members: ['drift', 'mean'] }),
      counting,
    ) as Required<NumberForecaster>;
    const fitted = await made.fitPanel(panel, requests);
    expect(fitted).toHaveLength(230);
    const chosen = (fitted[0] as FittedCombination).members.length;
    expect(fits.count - 230 * chosen).toBe(2 * 77 * 16);
  });

  it('may be one member alone, where so many forecasts speak for it', async () => {
    const kind = COMBINATIONS.auto as (typeof COMBINATIONS)[string];
    const made = kind.create(
      kind.options.parse({ how: 'mean', members: ['seasonal-naive', 'last-value', 'mean', 'drift'] }),
      counting,
    ) as Required<NumberForecaster>;
    expect(((await made.fitPanel(panel, requests))[0] as FittedCombination).members).toHaveLength(1);
  });
});
