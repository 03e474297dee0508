import { describe, expect, it } from 'vitest';
import { random } from '../../src/core/random.ts';
import {
  dieboldMariano,
  hintOf,
  isTestable,
  logGamma,
  normalCdf,
  studentCdf,
  studentQuantile,
} from '../../src/evaluate/significance.ts';

describe('significance', () => {
  // Quantiles of Student's distribution from its printed tables.
  it.each([
    [12.706, 1, 0.975],
    [2.571, 5, 0.975],
    [1.812, 10, 0.95],
    [2.764, 10, 0.99],
    [1.299, 50, 0.9],
    [-2.086, 20, 0.025],
  ])('P(T ≤ %f) with %i degrees is %f', (t, degrees, p) => {
    expect(studentCdf(t, degrees)).toBeCloseTo(p, 3);
    expect(studentQuantile(studentCdf(t, degrees), degrees)).toBeCloseTo(t, 9);
  });

  // Student's distribution has closed forms for one degree (Cauchy) and for two.
  it.each([-30, -2, -0.1, 0, 0.5, 1, 7, 400])('P(T ≤ %f) is exact for one and for two degrees', (t) => {
    expect(studentCdf(t, 1)).toBeCloseTo(0.5 + Math.atan(t) / Math.PI, 12);
    expect(studentCdf(t, 2)).toBeCloseTo(0.5 + t / (2 * Math.sqrt(2 + t * t)), 12);
  });

  it('ln Γ is that of factorials and of √π', () => {
    for (let n = 1, factorial = 0; n <= 40; factorial += Math.log(n++)) expect(logGamma(n)).toBeCloseTo(factorial, 10);
    expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.PI) / 2, 10);
  });

  it('P(Z ≤ 1.96) of the normal distribution is 0.975', () => {
    expect(normalCdf(1.959964)).toBeCloseTo(0.975, 4);
  });

  it('equal forecasters are called different about as often as the level says', () => {
    const source = random(5, 'significance');
    const trials = 2000;
    let rejected = 0;
    for (let trial = 0; trial < trials; trial++) {
      const differences = Float64Array.from({ length: 40 }, () => source.normal());
      if ((dieboldMariano(differences, 1) as number) < 0.1) rejected++;
    }
    expect(rejected / trials).toBeGreaterThan(0.08);
    expect(rejected / trials).toBeLessThan(0.12);
  });

  it('a forecaster that is better in every window is significantly better, the worse one is not', () => {
    const better = Float64Array.from({ length: 30 }, (_, i) => -1 - 0.1 * (i % 3));
    expect(dieboldMariano(better, 1)).toBeLessThan(1e-6);
    expect(
      dieboldMariano(
        better.map((d) => -d),
        1,
      ),
    ).toBeGreaterThan(1 - 1e-6);
  });

  it('overlapping windows count for less than independent ones', () => {
    const source = random(7, 'overlap');
    const noise = Float64Array.from({ length: 111 }, () => source.normal());
    const overlapping = Float64Array.from(
      { length: 100 },
      (_, i) => noise.subarray(i, i + 12).reduce((a, b) => a + b, 0) / 12 - 0.1,
    );
    expect(dieboldMariano(overlapping, 12) as number).toBeGreaterThan(dieboldMariano(overlapping, 1) as number);
  });

  it('of too few windows a hint tells a gain of all from a gain of one', () => {
    expect(hintOf([-1.2, -0.9, -1.1, -1], 1)).toBeLessThan(0.05);
    expect(hintOf([-4.2, 0.1, 0.2, -0.1], 1)).toBeGreaterThan(0.15);
    expect(hintOf([0.9, 1.2, 1.1, 1], 1)).toBeGreaterThan(0.95);
    expect([hintOf([-1, -2], 1), hintOf([-1, -1, -1], 1)]).toEqual([null, null]);
    const source = random(9, 'hint');
    let hints = 0;
    for (let trial = 0; trial < 1000; trial++) {
      const noise = Float64Array.from({ length: 18 }, () => source.normal());
      const ten = Float64Array.from({ length: 10 }, (_, i) => noise.subarray(i, i + 9).reduce((a, b) => a + b, 0));
      if ((hintOf(ten, 9) as number) <= 0.2) hints++;
    }
    expect(hints / 1000).toBeLessThan(0.35); // no probability: with a gain of a tenth beside it, it need not be one
  });

  it('too few windows, or none that differ, give no p', () => {
    expect(dieboldMariano([1, 2, 3], 1)).toBeNull();
    expect([isTestable(8, 1), isTestable(7, 1), isTestable(10, 5), isTestable(11, 5)]).toEqual([
      true,
      false,
      false,
      true,
    ]);
    expect(dieboldMariano(new Float64Array(50), 1)).toBeNull();
  });
});
