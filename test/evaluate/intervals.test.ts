import { describe, expect, it } from 'vitest';
import { random } from '../../src/core/random.ts';
import { calibrate, type ErrorPaths, halfWidths, neededFor } from '../../src/evaluate/intervals.ts';

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
    expect(sums[0]).toBeCloseTo(at95[0] as number, 12);
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
});
