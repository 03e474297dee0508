// Seasons found in values alone: what they must find, and that chance is not a season.

import { describe, expect, it } from 'vitest';
import { type Random, random } from '../../src/core/random.ts';
import { isSeason, periodsAt, periodsIn } from '../../src/evaluate/periodicity.ts';

const summed = (n: number, next: () => number): Float64Array => {
  let level = 0;
  return Float64Array.from({ length: n }, () => {
    level += next();
    return level;
  });
};

/** Laws without a season. */
const NONE: { readonly [law: string]: (draw: Random, n: number) => Float64Array } = {
  'white noise': (draw, n) => Float64Array.from({ length: n }, () => draw.normal()),
  'a random walk': (draw, n) => summed(n, () => draw.normal()),
  'a random walk with drift': (draw, n) => summed(n, () => 0.3 + draw.normal()),
  'a walk that grows by shares': (draw, n) => summed(n, () => 0.01 + 0.05 * draw.normal()).map(Math.exp),
  'a walk whose slope walks': (draw, n) => {
    let slope = 0;
    return summed(n, () => {
      slope += 0.05 * draw.normal();
      return slope + draw.normal();
    });
  },
  'a walk whose volatility comes and goes': (draw, n) => {
    let [variance, last] = [1, 0];
    return summed(n, () => {
      variance = 0.02 + 0.1 * last * last + 0.88 * variance;
      last = Math.sqrt(variance) * draw.normal();
      return last;
    });
  },
  'autoregression 0.5': (draw, n) => {
    let y = 0;
    return Float64Array.from({ length: n }, () => {
      y = 0.5 * y + draw.normal();
      return y;
    });
  },
  'autoregression 0.9': (draw, n) => {
    let y = 0;
    return Float64Array.from({ length: n }, () => {
      y = 0.9 * y + draw.normal();
      return y;
    });
  },
  'a bent trend': (draw, n) => Float64Array.from({ length: n }, (_, t) => (t * t) / n + draw.normal()),
};

const wave = (t: number, period: number): number => Math.sin((2 * Math.PI * t) / period);
const lagsIn = (values: Float64Array): number[] => periodsIn(values).map(({ lag }) => lag);

describe('a smooth season', () => {
  it('is found to the row from few cycles, of changes that hardly tell a row more or less', () => {
    let [found, right] = [0, 0];
    for (const lag of [9, 10, 12, 14, 17, 20]) {
      for (let seed = 0; seed < 20; seed++) {
        const draw = random(seed, `smooth/${lag}`);
        const [first = 0] = lagsIn(
          Float64Array.from({ length: 6 * lag }, (_, t) => wave(t, lag) + 0.2 * draw.normal()),
        );
        if (first > 0) found++;
        if (first === lag) right++;
      }
    }
    expect(found).toBeGreaterThan(80);
    expect(right / found).toBeGreaterThan(0.9); // two thirds where the clearest lag alone was taken
  });
});

describe('no season', () => {
  it.each(Object.keys(NONE))('%s has none, in at least 97 of 100', (law) => {
    let [found, named, trials] = [0, 0, 0];
    for (const n of [40, 120, 400]) {
      for (let seed = 0; seed < 100; seed++) {
        const values = (NONE[law] as (draw: Random, n: number) => Float64Array)(random(seed, `${law} ${n}`), n);
        trials++;
        if (periodsIn(values).length > 0) found++;
        if (periodsAt(values, [12]).some((period) => isSeason(period))) named++;
      }
    }
    expect(found / trials).toBeLessThanOrEqual(0.03);
    expect(named / trials).toBeLessThanOrEqual(0.03);
  });

  it('constant values, zeros, one spike, a straight line and next to no rows have none', () => {
    const spike = new Float64Array(100);
    spike[50] = 1;
    const line = Float64Array.from({ length: 100 }, (_, t) => 3 * t - 7);
    for (const values of [new Float64Array(200).fill(7), new Float64Array(50), spike, line, Float64Array.of(1, 2)]) {
      expect(periodsIn(values)).toEqual([]);
      expect(periodsAt(values, [3, 7, 12, 365]).filter((period) => isSeason(period))).toEqual([]);
    }
    expect(periodsIn(new Float64Array(0))).toEqual([]);
  });
});

describe('a season', () => {
  it.each([3, 4, 7, 12, 24, 52, 132])(
    'of %i rows is found to the row, under a trend and noise half as strong',
    (period) => {
      const draw = random(period, 'found');
      const shape = Float64Array.from({ length: period }, () => draw.normal());
      const values = Float64Array.from(
        { length: 8 * period + 100 },
        (_, t) => 0.05 * t + (shape[t % period] as number) + 0.5 * draw.normal(),
      );
      expect(lagsIn(values)).toEqual([period]);
    },
  );

  it('is found beside a longer one that it is part of, as days in weeks', () => {
    const draw = random(1, 'two');
    const day = Float64Array.from({ length: 24 }, () => draw.normal());
    const week = Float64Array.from({ length: 7 }, () => draw.normal());
    const values = Float64Array.from(
      { length: 24 * 7 * 8 },
      (_, t) => 2 * (day[t % 24] as number) + (week[Math.floor(t / 24) % 7] as number) + 0.3 * draw.normal(),
    );
    expect(lagsIn(values)).toEqual([24, 168]);
  });

  it('whose shape grows with the level is found, and no multiple of it', () => {
    const values = Float64Array.from(
      { length: 120 },
      (_, t) => Math.exp(0.01 * t) * (10 + wave(t, 12) + 0.4 * wave(t, 4)),
    );
    expect(lagsIn(values)).toEqual([12]);
  });

  it('that a wandering level hides from the eye is found', () => {
    const draw = random(2, 'hidden');
    const level = summed(600, () => draw.normal());
    expect(lagsIn(level.map((y, t) => y + 2 * wave(t, 12)))).toEqual([12]);
  });

  it('is the same in any unit, and wherever zero is', () => {
    const draw = random(3, 'unit');
    const values = Float64Array.from({ length: 200 }, (_, t) => wave(t, 12) + 0.2 * draw.normal());
    const [own] = periodsIn(values);
    const [moved] = periodsIn(values.map((y) => 1e6 - 1000 * y));
    expect(moved?.lag).toBe(own?.lag);
    expect(moved?.correlation).toBeCloseTo(own?.correlation as number, 6);
  });
});
