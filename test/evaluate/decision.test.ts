import { describe, expect, it } from 'vitest';
import { random } from '../../src/core/random.ts';
import { decide } from '../../src/evaluate/decision.ts';
import { lossDifferences, plainDifferences, type ScoreRow } from '../../src/evaluate/score.ts';

function rowsOf(errors: { readonly [forecaster: string]: number | null }): ScoreRow[] {
  return Object.entries(errors).map(([forecaster, mae]) => ({
    forecaster,
    split: 'test',
    metrics: { mae },
    skill: null,
    windows: 50,
  }));
}

const draws = random(2, 'test/decision');
/** Loss differences around a mean, with noise of 1. */
const around = (mean: number, count = 50) => Float64Array.from({ length: count }, () => mean + draws.normal());
const NONE = new Float64Array(0);

describe('the forecaster to use', () => {
  it('is the model where it is better by more than chance', () => {
    const decision = decide(rowsOf({ model: 1, naive: 2, mean: 3 }), 'model', 'mae', around(-1), 1);
    expect(decision).toMatchObject({ ship: 'model', beats: ['naive', 'mean'] });
    expect(decision.p).toBeLessThan(0.01);
  });

  it('is the best baseline where the model is worse', () => {
    const decision = decide(rowsOf({ model: 2.5, naive: 2, mean: 3 }), 'model', 'mae', around(0.5), 1);
    expect(decision).toMatchObject({ ship: 'naive', beats: ['mean'] });
  });

  it('is the baseline on a tie', () => {
    expect(decide(rowsOf({ model: 2, naive: 2 }), 'model', 'mae', NONE, 1)).toMatchObject({ ship: 'naive', beats: [] });
  });

  it('is the baseline in doubt: a smaller error that chance gives too', () => {
    const doubtful = Float64Array.from({ length: 40 }, (_, n) => (n % 2 ? 1 : -1.1));
    const decision = decide(rowsOf({ model: 1.95, naive: 2 }), 'model', 'mae', doubtful, 1);
    expect(decision.ship).toBe('naive');
    expect(decision.beats).toEqual(['naive']);
    expect(decision.p).toBeGreaterThan(0.1);
  });

  it('is the baseline where nothing can be tested and the gain is less than a tenth', () => {
    const few = decide(rowsOf({ model: 1.9, naive: 2 }), 'model', 'mae', around(-1, 7), 1);
    expect(few).toMatchObject({ ship: 'naive', p: null });
  });

  it('is the model where nothing can be tested and the gain is more than a tenth', () => {
    expect(decide(rowsOf({ model: 1, naive: 2 }), 'model', 'mae', around(-1, 7), 1)).toMatchObject({
      ship: 'model',
      p: null,
    });
  });

  it('is the baseline where nothing can be tested and the gain is one window’s', () => {
    const lucky = Float64Array.of(-7.5, 0.2, 0.1, 0.2, 0);
    expect(decide(rowsOf({ model: 0.6, naive: 2 }), 'model', 'mae', lucky, 1)).toMatchObject({
      ship: 'naive',
      p: null,
    });
  });

  it('is a baseline far better on few windows, though it was none before: the series has shifted', () => {
    const rows = rowsOf({ model: 3, 'last-value': 4, 'seasonal-naive': 1.9 });
    const before = around(0.5); // seasonal-naive's losses less last-value's, where the shift was
    const shipped = (windows: number) => decide(rows, 'model', 'mae', around(1, windows), 1, before).ship;
    expect([shipped(5), shipped(50)]).toEqual(['seasonal-naive', 'last-value']);
  });

  it('is a baseline that is exact, and nothing is tested', () => {
    expect(decide(rowsOf({ model: 0.1, ruler: 0 }), 'model', 'mae', around(1), 1)).toMatchObject({
      ship: 'ruler',
      p: null,
    });
  });

  it('is the best baseline where the model cannot be scored', () => {
    expect(decide(rowsOf({ model: null, naive: 2, mean: 1 }), 'model', 'mae', NONE, 1)).toMatchObject({
      ship: 'mean',
      beats: [],
    });
  });

  it('is the model where nothing else could be scored', () => {
    expect(decide(rowsOf({ model: 1, naive: null }), 'model', 'mae', NONE, 1).ship).toBe('model');
  });

  it('is last-value, as a model too, where no other baseline is better by more than chance', () => {
    const doubtful = Float64Array.from({ length: 40 }, (_, n) => (n % 2 ? 1 : -1.1));
    const ships = (rows: Parameters<typeof rowsOf>[0], differences: Float64Array): string =>
      decide(
        rowsOf(rows),
        'last-value',
        'mae',
        differences,
        1,
        differences.map((d) => -d),
      ).ship;
    expect(ships({ 'last-value': 1.95, drift: 2 }, doubtful)).toBe('last-value');
    expect(
      ships(
        { 'last-value': 2, drift: 1.95 },
        doubtful.map((d) => -d),
      ),
    ).toBe('last-value');
    expect(ships({ 'last-value': 2, 'seasonal-naive': 2 }, NONE)).toBe('last-value');
    expect(ships({ 'last-value': 3, drift: 2 }, around(1))).toBe('drift');
  });

  it('is the same baseline, run as the model, that another model is told to leave it to', () => {
    // Differences of which chance gives one in eight or so: enough among baselines, too little for a model.
    const better = Float64Array.from({ length: 40 }, (_, n) => (n % 2 ? 1 : -1.4));
    const told = decide(rowsOf({ theta: 3, drift: 1.8, 'last-value': 2 }), 'theta', 'mae', around(1), 1, better);
    expect(told.ship).toBe('drift');
    const run = decide(rowsOf({ drift: 1.8, 'last-value': 2 }), 'drift', 'mae', better, 1, better);
    expect(run.p).toBeGreaterThan(0.1);
    expect(run.p).toBeLessThan(0.2);
    expect(run.ship).toBe('drift');
    expect(decide(rowsOf({ drift: 1.95, 'last-value': 2 }), 'drift', 'mae', NONE, 1).ship).toBe('drift');
  });

  it('is one baseline, whichever of them is run as the model: none is left to another that is left to it', () => {
    const kinds = ['last-value', 'mean', 'drift', 'seasonal-naive'];
    for (let trial = 0; trial < 200; trial++) {
      const losses = new Map(
        kinds.map((kind, k) => [kind, Float64Array.from({ length: 20 }, () => Math.abs(draws.normal() + (k % 3)))]),
      );
      const mean = (of: Float64Array): number => of.reduce((sum, loss) => sum + loss, 0) / of.length;
      const rows = rowsOf(Object.fromEntries([...losses].map(([kind, own]) => [kind, mean(own)])));
      const told = ['theta', ...kinds].map((model) => {
        const all = model === 'theta' ? [...rowsOf({ theta: 9 }), ...rows] : rows;
        const known = [new Map([...losses, ['theta', new Float64Array(20).fill(9)]])];
        const differences = lossDifferences(all, known, model, 'mae');
        return decide(all, model, 'mae', differences, 1, plainDifferences(all, known, model, 'mae')).ship;
      });
      expect(new Set(told).size).toBe(1);
    }
  });

  it('does not depend on the order of the rows', () => {
    const rows = rowsOf({ model: 1, naive: 2, mean: 3 });
    const differences = around(-0.5);
    const decision = decide(rows, 'model', 'mae', differences, 2);
    expect(decide([...rows].reverse(), 'model', 'mae', differences, 2)).toEqual(decision);
  });
});

describe('a baseline that is exact but for rounding', () => {
  it('is shipped, and nothing is tested', () => {
    const rows = rowsOf({ 'lstm-regressor': 0.07, 'seasonal-naive': 1.5e-15 }).map((row) => ({
      ...row,
      skillReason: 'seasonal-naive is exact here (error of rounding only)',
    }));
    const differences = Float64Array.from({ length: 20 }, (_, i) => 0.07 + 0.001 * (i % 3));
    expect(decide(rows, 'lstm-regressor', 'mae', differences, 1)).toMatchObject({ ship: 'seasonal-naive', p: null });
  });
});
