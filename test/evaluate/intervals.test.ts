import { describe, expect, it } from 'vitest';
import { random } from '../../src/core/random.ts';
import {
  type Calibration,
  calibrate,
  type ErrorPaths,
  halfWidths,
  neededFor,
  supportedBy,
} from '../../src/evaluate/intervals.ts';
import { seasonalScale } from '../../src/metrics/pointwise.ts';
import { effort } from '../support/effort.ts';

const options = { horizon: 4, season: 1, levels: [80, 95], method: 'split' } as const;

/** Normal errors that grow with the step, `size` times as large. */
function paths(id: string, origins: number, folds: number, size: number, seed: number): ErrorPaths {
  const draw = random(seed, `errors/${id}`);
  const errors = Float64Array.from({ length: origins * 4 }, (_, i) => size * Math.sqrt((i % 4) + 1) * draw.normal());
  const fold = Int32Array.from({ length: origins }, (_, n) => Math.floor((n * folds) / origins));
  let level = 0;
  const train = Float64Array.from({ length: 200 }, () => {
    level += size * draw.normal();
    return level;
  });
  return { id, errors, fold, train };
}

describe('conformal intervals', () => {
  it('need 4 errors for 80 %, 19 for 95 %, 99 for 99 %', () => {
    expect([80, 95, 99].map(neededFor)).toEqual([4, 19, 99]);
  });

  it('cover what they say: new errors of the same kind lie inside at the nominal rate', () => {
    const calibration = calibrate([paths('a', 2000, 5, 3, 1)], options);
    const fresh = paths('a', 2000, 5, 3, 2).errors;
    for (const { level, coverage, coverageByStep } of calibration.levels) {
      const widths = halfWidths(calibration, 'a', level) as Float64Array;
      let inside = 0;
      for (let i = 0; i < fresh.length; i++)
        inside += Math.abs(fresh[i] as number) <= (widths[i % 4] as number) ? 1 : 0;
      expect((100 * inside) / fresh.length).toBeGreaterThan(level - 2);
      expect((100 * inside) / fresh.length).toBeLessThan(level + 2);
      expect(100 * (coverage as number)).toBeGreaterThan(level - 2);
      expect(100 * (coverage as number)).toBeLessThan(level + 2);
      for (const share of coverageByStep ?? []) expect(Math.abs(100 * (share as number) - level)).toBeLessThan(4);
    }
  });

  it('of a panel pool their errors, each in its own units', () => {
    const panel = Array.from({ length: 40 }, (_, s) => paths(`s${s}`, 6, 3, 10 ** (s % 4), s));
    const calibration = calibrate(panel, options);
    expect(calibration.points).toBe(240);
    expect(calibration.pooledSteps).toBe(false);
    expect(100 * (calibration.levels[1]?.coverage as number)).toBeGreaterThan(92);
    const width = (id: string) => (halfWidths(calibration, id, 95) as Float64Array)[0] as number;
    expect(width('s3') / width('s0')).toBeGreaterThan(200); // 1,000 times the size
  });

  it('are wider by step and by level, and of sums wider than of steps', () => {
    const calibration = calibrate([paths('a', 300, 3, 1, 4)], options);
    const [at80, at95, sums] = [
      halfWidths(calibration, 'a', 80),
      halfWidths(calibration, 'a', 95),
      halfWidths(calibration, 'a', 95, 'sums'),
    ] as [Float64Array, Float64Array, Float64Array];
    for (let h = 0; h < 4; h++) {
      expect(at95[h]).toBeGreaterThan(at80[h] as number);
      if (h > 0) expect(at95[h]).toBeGreaterThanOrEqual(at95[h - 1] as number);
      if (h > 0) expect(sums[h]).toBeGreaterThan(at95[h] as number);
    }
    expect((sums[0] as number) / (at95[0] as number)).toBeCloseTo(1, 1);
  });

  it('scale with the data', () => {
    const small = paths('a', 60, 3, 1, 5);
    const large = {
      ...small,
      errors: small.errors.map((e) => 1000 * e),
      train: Float64Array.from(small.train, (y) => 1000 * y),
    };
    const widths = [small, large].map((path) => halfWidths(calibrate([path], options), 'a', 80) as Float64Array);
    for (const [h, width] of (widths[0] as Float64Array).entries()) {
      expect((widths[1] as Float64Array)[h]).toBeCloseTo(1000 * width, 6);
    }
  });

  it('pool the steps where origins are few, and are refused where even that is too little', () => {
    const few = calibrate([paths('a', 6, 3, 1, 6)], options);
    expect(few.pooledSteps).toBe(true);
    expect(few.levels.map(({ known, steps }) => [known, steps !== null])).toEqual([
      [24, true],
      [24, true],
    ]);
    const fewer = calibrate([paths('a', 2, 2, 1, 7)], options);
    expect(fewer.levels.map(({ known, needed, steps }) => [known, needed, steps !== null])).toEqual([
      [8, 4, true],
      [8, 19, false],
    ]);
    expect(halfWidths(fewer, 'a', 95)).toBeNull();
  });

  it('cost what their errors cost: of twice as many steps, or origins, not three times as much', () => {
    const least = (origins: number, horizon: number): number => {
      const errors = Float64Array.from({ length: origins * horizon }, (_, i) => Math.sin(i * i));
      const fold = Float64Array.from({ length: origins }, (_, n) => Math.floor((5 * n) / origins));
      const path = { id: 'y', errors, fold, origins: Float64Array.from(fold.keys()), train: [1, 2, 4, 3] };
      const times = [1, 2, 3].map(() => {
        const spent = effort();
        calibrate([path], { ...options, horizon });
        return spent();
      });
      return Math.min(...times);
    };
    expect(least(20, 2000)).toBeLessThan(3 * least(20, 1000));
    expect(least(2000, 20)).toBeLessThan(3 * least(1000, 20));
  });

  it('adaptive ones widen after misses, until they cover again', () => {
    const calm = paths('a', 400, 8, 1, 8);
    const wild = { ...calm, errors: calm.errors.map((e, i) => (i >= 800 ? 4 * e : e)) };
    const [split, adaptive] = (['split', 'adaptive'] as const).map(
      (method) => halfWidths(calibrate([wild], { ...options, method }), 'a', 80) as Float64Array,
    );
    expect(adaptive?.[0]).toBeGreaterThan(split?.[0] as number);
  });

  it('errors of zero give intervals of no width', () => {
    const calibration = calibrate([{ ...paths('a', 40, 2, 1, 9), errors: new Float64Array(160) }], options);
    expect([...(halfWidths(calibration, 'a', 95) as Float64Array)]).toEqual([0, 0, 0, 0]);
  });

  it('support the level that their errors can: 4 errors 80 %, 19 errors 95 %, none nothing', () => {
    expect([0, 3, 4, 18, 19, 99, 180].map(supportedBy)).toEqual([0, 75, 80, 94.7, 95, 99, 99.4]);
    for (let errors = 1; errors < 300; errors++) expect(neededFor(supportedBy(errors))).toBeLessThanOrEqual(errors);
  });

  it('keep a step apart that stands out in every fold, not one that did in a single fold', () => {
    const widths = (bumpy: (origin: number) => boolean) => {
      const path = paths('a', 200, 4, 1, 10);
      const bump = (i: number) => i % 4 === 1 && bumpy(Math.floor(i / 4));
      const errors = path.errors.map((e, i) => (bump(i) ? 10 * e : e));
      return halfWidths(calibrate([{ ...path, errors }], options), 'a', 80) as Float64Array;
    };
    const [never, always, once] = [widths(() => false), widths(() => true), widths((n) => n < 50)] as [
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    expect((always[1] as number) / (never[1] as number)).toBeGreaterThan(8);
    expect((always[2] as number) / (never[2] as number)).toBeLessThan(1.5);
    expect((once[1] as number) / (once[2] as number)).toBeLessThan(1.2); // by its quantile alone: 1.8
  });

  it('are wider where forecasts overlap than where as many of the same errors stand side by side', () => {
    const path = paths('a', 40, 4, 1, 17);
    const apart = (rows: number) => {
      const origins = Float64Array.from({ length: 40 }, (_, n) => rows * n);
      return halfWidths(calibrate([{ ...path, origins }], options), 'a', 95) as Float64Array;
    };
    const [overlapping, side] = [apart(1), apart(4)] as [Float64Array, Float64Array];
    for (let h = 0; h < 4; h++) expect((overlapping[h] as number) / (side[h] as number)).toBeGreaterThan(1.01);
    expect(apart(8)).toEqual(side);
  });

  it('of a panel hold what they promise where its forecasts overlap: no error is measured by rows of its own', () => {
    const [inside, all] = [new Map([80, 95].map((level) => [level, 0])), 60 * 40 * 12];
    for (let world = 1; world <= 60; world++) {
      const panel = Array.from({ length: 40 }, (_, s) => {
        const draw = random(world, `overlap/${s}`);
        const noise = Float64Array.from({ length: 30 + 12 }, () => draw.normal()); // rows; the size of a stretch is its own
        const sizes = Float64Array.from({ length: 8 }, () => Math.exp(0.8 * draw.normal()));
        return noise.map((e, row) => e * (sizes[Math.floor(row / 6)] as number));
      });
      const origins = [0, 6, 12, 18];
      const errors = panel.map((row) => Float64Array.from(origins.flatMap((o) => [...row.subarray(o, o + 12)])));
      const train = Float64Array.from({ length: 100 }, (_, t) => t % 2);
      const known = errors.map((own, s) => ({ id: `${s}`, errors: own, origins, fold: [0, 1, 2, 3], train }));
      const calibration = calibrate(known, { ...options, horizon: 12 });
      for (const [s, row] of panel.entries()) {
        for (const level of [80, 95]) {
          const widths = halfWidths(calibration, `${s}`, level) as Float64Array;
          const held = widths.filter((width, h) => Math.abs(row[30 + h] as number) <= width).length;
          inside.set(level, (inside.get(level) as number) + held);
        }
      }
    }
    for (const [level, count] of inside) expect(Math.abs((100 * count) / all - level)).toBeLessThan(1);
  });

  it('of a panel with one fold hold about what they promise, though series are off by unlike multiples of their seasonal differences', () => {
    const [inside, all] = [new Map([80, 95].map((level) => [level, 0])), 40 * 40 * 4];
    for (let world = 1; world <= 40; world++) {
      const panel = Array.from({ length: 40 }, (_, s) => {
        const draw = random(world, `one fold/${s}`);
        const size = Math.exp(0.6 * draw.normal());
        return Float64Array.from({ length: 8 }, () => size * draw.normal());
      });
      const train = Float64Array.from({ length: 100 }, (_, t) => t % 2);
      const known = panel.map((e, s) => ({ id: `${s}`, errors: e.subarray(0, 4), fold: [0], train }));
      const calibration = calibrate(known, options);
      for (const [s, e] of panel.entries()) {
        for (const level of [80, 95]) {
          const widths = halfWidths(calibration, `${s}`, level) as Float64Array;
          const held = widths.filter((width, h) => Math.abs(e[4 + h] as number) <= width).length;
          inside.set(level, (inside.get(level) as number) + held);
        }
      }
    }
    for (const [level, points] of [
      [80, 4],
      [95, 3],
    ] as const) {
      expect(Math.abs((100 * (inside.get(level) as number)) / all - level)).toBeLessThan(points);
    }
  });

  it('of a panel are told in errors weighed by the folds that do not overlap', () => {
    const panel = ['a', 'b', 'c'].map((id, s) => paths(id, 5, 5, 1 + s, 18 + s));
    const scaleOf = (apart: number, s: number) => {
      const known = panel.map((path) => ({ ...path, origins: [0, 1, 2, 3, 4].map((n) => n * apart) }));
      return calibrate(known, options).scales.get(panel[s]?.id as string) as number;
    };
    const own = panel.map(({ errors }) => errors.reduce((sum, e) => sum + Math.abs(e), 0) / errors.length);
    const prior = panel.map(({ train }) => seasonalScale(train, 1) as number);
    const usual = own.map((v, s) => v / (prior[s] as number)).sort((a, b) => a - b)[1] as number;
    const expected = (n: number, s: number) => (n * (own[s] as number) + usual * (prior[s] as number)) / (n + 1);
    const apart = [1, 2, 3, 4].reduce((sum, steps) => sum + (4 + steps) / steps / 4, 0); // of step h every h-th
    for (const s of [0, 1, 2]) {
      expect(scaleOf(4, s)).toBeCloseTo(expected(5, s), 10);
      expect(scaleOf(1, s)).toBeCloseTo(expected(apart, s), 10);
    }
  });

  describe.each(['split', 'adaptive'] as const)('%s: how they cover is judged by what was known before', (method) => {
    const held = ({ levels }: Calibration) =>
      levels.map(({ coverage, judged }) => Math.round((coverage ?? 0) * judged));
    const by = { ...options, method };

    it('a fold changes nothing of how those before it were judged', () => {
      const path = paths('a', 60, 6, 1, 11);
      const without = { ...path, errors: path.errors.slice(0, 50 * 4), fold: Array.from(path.fold).slice(0, 50) };
      const wild = { ...path, errors: path.errors.map((e, i) => (i >= 50 * 4 ? 1e9 * e : e)) };
      const [few, all] = [calibrate([without], by), calibrate([wild], by)];
      expect(held(all)).toEqual(held(few)); // of the last fold nothing lies inside
      expect(all.levels.map(({ judged }) => judged)).toEqual(few.levels.map(({ judged }) => judged + 40));
    });

    it('errors of rows that a fold did not know yet, though of an earlier origin, judge nothing of it', () => {
      const path = paths('a', 40, 2, 1, 12);
      const origins = Float64Array.from({ length: 40 }, (_, n) => 100 + n);
      const start = origins[20] as number;
      const late = (i: number) => i < 20 * 4 && (origins[Math.floor(i / 4)] as number) + (i % 4) >= start;
      const wild = { ...path, origins, errors: path.errors.map((e, i) => (late(i) ? 1e9 * e : e)) };
      const calm = { ...path, origins };
      expect(held(calibrate([wild], by))).toEqual(held(calibrate([calm], by)));
      expect(held(calibrate([{ ...wild, origins: origins.map((row) => 5 * row) }], by))).not.toEqual(
        held(calibrate([calm], by)),
      );
    });

    it('a first fold cannot be judged, nor a step that nothing is known of', () => {
      const once = calibrate([paths('a', 40, 1, 1, 13)], by);
      for (const { coverage, judged, coverageByStep, coverageOfSums, msis } of once.levels) {
        expect({ coverage, judged, coverageByStep, coverageOfSums, msis }).toEqual({
          coverage: null,
          judged: 0,
          coverageByStep: null,
          coverageOfSums: null,
          msis: null,
        });
      }
      const [near] = calibrate(
        [{ ...paths('a', 40, 20, 1, 14), origins: Float64Array.from({ length: 40 }, (_, n) => n) }],
        {
          ...by,
          lead: 35,
        },
      ).levels;
      expect(near?.coverageByStep?.map((share) => share === null)).toEqual([false, false, false, true]);
    });
  });

  it('adaptive ones never ask for more than the errors can give', () => {
    const path = paths('a', 30, 6, 1, 15);
    const growing = { ...path, errors: path.errors.map((e, i) => e * 3 ** Math.floor(i / 20)) };
    const { levels } = calibrate([growing], { ...options, method: 'adaptive' });
    expect(levels.every(({ steps }) => steps !== null)).toBe(true);
  });
});

/** What follows 144 values of a law, forecast at its last rows as a run does: errors of 5 folds of 3 origins, and those to come. */
interface Simulated {
  readonly past: ErrorPaths;
  readonly next: Float64Array;
}

const ROWS = 144;
const STEPS = 12;

const LAWS: {
  readonly [law: string]: {
    value: (t: number, last: number, draw: number) => number;
    ahead: (known: Float64Array, h: number) => number;
  };
} = {
  'an autoregression': {
    value: (_, last, draw) => 0.7 * last + draw,
    ahead: (known, h) => (known.at(-1) as number) * 0.7 ** (h + 1),
  },
  'a random walk': { value: (_, last, draw) => last + draw, ahead: (known) => known.at(-1) as number },
  'a season': {
    value: (t, _, draw) => 10 * Math.sin((2 * Math.PI * t) / 12) + draw,
    ahead: (known, h) => known[known.length - 12 + (h % 12)] as number,
  },
};

function simulate(law: string, seed: number): Simulated {
  const draw = random(seed, law);
  const { value, ahead } = LAWS[law] as (typeof LAWS)[string];
  let last = 0;
  const y = Float64Array.from({ length: ROWS + STEPS }, (_, t) => {
    last = value(t, last, draw.normal());
    return last;
  });
  const errorsAt = (origin: number) =>
    Float64Array.from({ length: STEPS }, (_, h) => (y[origin + h] as number) - ahead(y.subarray(0, origin), h));
  const origins = Array.from({ length: 15 }, (_, n) => ROWS - STEPS - 14 + n);
  const past = {
    id: 'y',
    errors: Float64Array.from(origins.flatMap((origin) => [...errorsAt(origin)])),
    origins,
    fold: origins.map((_, n) => Math.floor(n / 3)),
    train: y.subarray(0, origins[0]),
  };
  return { past, next: errorsAt(ROWS) };
}

describe.each(Object.keys(LAWS))('over 200 seeded series of %s', (law) => {
  const SERIES = 200;
  const series = Array.from({ length: SERIES }, (_, s) => simulate(law, s + 1));

  it.each(['split', 'adaptive'] as const)(
    '%s intervals from 15 overlapping forecasts hold within binomial bounds',
    (method) => {
      const inside = new Map(
        [80, 95].map((level) => [level, { steps: new Float64Array(STEPS), sum: 0, shown: 0, judged: 0 }]),
      );
      for (const { past, next } of series) {
        const calibration = calibrate([past], { horizon: STEPS, season: 12, levels: [80, 95], method });
        const total = next.reduce((sum, error) => sum + error, 0);
        for (const { level, coverage, judged } of calibration.levels) {
          const tally = inside.get(level) as NonNullable<ReturnType<typeof inside.get>>;
          const [steps, sums] = (['steps', 'sums'] as const).map(
            (of) => halfWidths(calibration, 'y', level, of) as Float64Array,
          ) as [Float64Array, Float64Array];
          for (let h = 0; h < STEPS; h++)
            tally.steps[h]! += Math.abs(next[h] as number) <= (steps[h] as number) ? 1 : 0;
          tally.sum += Math.abs(total) <= (sums[STEPS - 1] as number) ? 1 : 0;
          tally.shown += (coverage ?? 0) * judged;
          tally.judged += judged;
        }
      }
      for (const [level, { steps, sum, shown, judged }] of inside) {
        const bound = 330 * Math.sqrt(((level / 100) * (1 - level / 100)) / SERIES); // three chances in a thousand a step
        for (const count of steps) expect(Math.abs((100 * count) / SERIES - level)).toBeLessThan(bound);
        expect(Math.abs((100 * sum) / SERIES - level)).toBeLessThan(bound);
        // What is shown beside a forecast is no better than what comes true.
        expect((100 * shown) / judged).toBeLessThan((100 * steps.reduce((a, b) => a + b, 0)) / (SERIES * STEPS) + 2);
        expect(Math.abs((100 * shown) / judged - level)).toBeLessThan(5);
      }
    },
  );
});
