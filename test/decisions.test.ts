// What a run tells people to ship, on series whose answer is known: through the whole runner, over several seeds.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Random, random } from '../src/core/random.ts';
import type { Result } from '../src/report/result.ts';
import { run } from '../src/run.ts';
import { workspace } from './support/workspace.ts';

const space = workspace();
let runs = 0;

async function judged(values: ArrayLike<number>, model: object | string, more: object = {}): Promise<Result> {
  const file = space.write(`s${runs}.csv`, `y\n${Array.from(values).join('\n')}\n`);
  const config = { name: 'law', source: { kind: 'csv', file }, model, ...more };
  const { result } = await run(config, { out: join(space.path, `out${runs++}`), root: space.path });
  return result;
}

function walk(seed: number, length: number, drift = 0): Float64Array {
  const draw = random(seed, 'walk');
  let level = 100;
  return Float64Array.from({ length }, () => {
    level += drift + draw.normal();
    return level;
  });
}

/** Trend, a season of 12 rows and noise; at `shift` the level rises by two noises' worth of ten. */
function shifted(draw: Random, length: number, shift: number): Float64Array {
  return Float64Array.from(
    { length },
    (_, t) => 50 + 0.3 * t + 8 * Math.sin((2 * Math.PI * t) / 12) + (t >= shift ? 20 : 0) + draw.normal(),
  );
}

const NAIVE = new Set(['last-value', 'drift', 'mean', 'seasonal-naive']);

describe('a random walk', () => {
  it('is forecast by its last value (or drift): over 40 walks little else is shipped', async () => {
    const shipped = new Map<string, number>();
    for (let seed = 0; seed < 40; seed++) {
      const model = ['ets', 'holt', 'ses', { kind: 'linear', context: 12, ridge: 0.1 }][seed % 4] as string | object;
      const { decision } = await judged(walk(seed, 160), model, { evaluate: { metrics: ['mae'] } });
      shipped.set(decision.ship, (shipped.get(decision.ship) ?? 0) + 1);
    }
    const others = [...shipped].filter(([name]) => !NAIVE.has(name)).reduce((sum, [, count]) => sum + count, 0);
    expect(others).toBeLessThanOrEqual(4); // one in ten would be the level of the test itself
    expect(shipped.get('mean') ?? 0).toBeLessThanOrEqual(4);
    expect((shipped.get('last-value') ?? 0) + (shipped.get('drift') ?? 0)).toBeGreaterThanOrEqual(34);
  });

  it('that rises by a step a row is forecast by drift', async () => {
    for (let seed = 0; seed < 3; seed++) {
      const { decision } = await judged(walk(seed, 200, 2), 'ses');
      expect(decision.ship).toBe('drift');
    }
  });

  it('gives a network no praise', async () => {
    for (let seed = 0; seed < 3; seed++) {
      const { decision, verdict } = await judged(
        walk(seed, 160),
        { kind: 'lstm-regressor', units: [6], normalise: 'last' },
        { train: { epochs: 8, batch: 16, rate: 0.01 }, evaluate: { folds: 3 } },
      );
      expect(['last-value', 'drift']).toContain(decision.ship);
      expect(verdict).toContain(`ship ${decision.ship}`);
    }
  });
});

describe('too few windows to test', () => {
  // Sixty rows give five windows of six steps, which share most of them.
  const shipped = async (
    count: number,
    seriesOf: (seed: number) => ArrayLike<number>,
  ): Promise<Map<string, number>> => {
    const found = new Map<string, number>();
    for (let seed = 0; seed < count; seed++) {
      const { decision } = await judged(seriesOf(seed), 'theta');
      expect(decision.p).toBeNull();
      found.set(decision.ship, (found.get(decision.ship) ?? 0) + 1);
    }
    return found;
  };

  it('leave a random walk to its last value, not to what happened to be nearest', async () => {
    const found = await shipped(20, (seed) => walk(seed, 60));
    expect(found.get('last-value')).toBeGreaterThanOrEqual(17); // eight by the least error alone
  });

  it('leave noise to its mean and a trend to what follows it', async () => {
    const noise = await shipped(10, (seed) => {
      const draw = random(seed, 'around');
      return Float64Array.from({ length: 60 }, () => 100 + 5 * draw.normal());
    });
    expect(noise.get('mean')).toBeGreaterThanOrEqual(7); // of ten
    const trend = await shipped(8, (seed) => {
      const draw = random(seed, 'trend');
      return Float64Array.from({ length: 60 }, (_, t) => 100 + 2 * t + 4 * draw.normal());
    });
    expect((trend.get('drift') ?? 0) + (trend.get('theta') ?? 0)).toBe(8);
  });

  it('of a panel are too few origins, which the verdict names: its series are not sights of their own', async () => {
    const rows = Array.from({ length: 12 }, (_, s) => [`s${s}`, ...walk(s, 60)].join(','));
    const file = space.write('walks.csv', `${rows.join('\n')}\n`);
    const config = { source: { kind: 'rows', file }, model: 'theta', evaluate: { folds: 3, step: 1 } };
    const { result } = await run(config, { out: join(space.path, 'walks'), root: space.path });
    expect(result.decision).toMatchObject({ ship: 'last-value', p: null });
    expect(result.verdict).toContain('36 backtest windows at 3 origins, too few to test');
  });
});

describe('a stock close', () => {
  it.each(['ets', 'theta', 'holt', 'holt-winters', 'mstl', 'linear'])('is not left to %s', async (model) => {
    const config = {
      source: { kind: 'csv', file: 'datasets/stock-close/sp500-monthly.csv', time: 'date', target: 'price' },
      model,
      predict: { horizon: 3 },
    };
    const root = join(import.meta.dirname, '..');
    const { result } = await run(config, { out: join(space.path, `close-${model}`), root });
    expect(['last-value', 'drift']).toContain(result.decision.ship);
  });
});

describe('trend and season with a shift of level', () => {
  it.each(['holt-winters', 'ets', 'airline'])('are left to %s, not to a naive forecast', async (model) => {
    for (let seed = 0; seed < 3; seed++) {
      const { decision } = await judged(shifted(random(seed, 'shift'), 180, 60), model);
      expect(decision.ship).toBe(model);
      expect(decision.beats).toEqual(expect.arrayContaining([...NAIVE]));
      expect(decision.p).toBeLessThan(0.1);
    }
  });

  it('are seldom left to a naive forecast where ten windows hold no more than two that share no step', async () => {
    let naive = 0;
    for (let seed = 0; seed < 8; seed++)
      for (const model of ['ets', { kind: 'auto', budget: '1s' }]) {
        const { decision, scores } = await judged(shifted(random(seed, 'shift'), 96, 32), model);
        expect(scores.find(({ split }) => split === 'backtest')?.windows).toBe(10);
        if (NAIVE.has(decision.ship)) naive++;
      }
    expect(naive).toBeLessThanOrEqual(3); // 14 of 16, when a test of two windows decided
  });

  it('are not left to a naive forecast by the network or by auto either', async () => {
    const values = shifted(random(1, 'shift'), 180, 60);
    for (const model of ['lstm-regressor', { kind: 'auto', budget: '1s' }]) {
      const { decision } = await judged(values, model);
      expect(decision.ship).toBe(typeof model === 'string' ? model : model.kind);
      expect(decision.beats).toEqual(expect.arrayContaining([...NAIVE]));
    }
  });
});

describe('a rule that is no line', () => {
  it('is left to the network: the logistic map', async () => {
    for (const x0 of [0.2, 0.37]) {
      const config = {
        source: { kind: 'generated', series: 'logistic', length: 500, x0 },
        split: { validation: 0.15, test: 0.15 },
        encoder: 'min-max',
        window: { context: 2, horizon: 1 },
        model: { kind: 'lstm-regressor', units: [16] },
        train: { epochs: 60, batch: 32, rate: 0.01 },
        evaluate: { baselines: ['last-value', 'mean', 'drift', 'ets', 'linear', 'regression'] },
      };
      const { result } = await run(config, { out: join(space.path, `logistic-${x0}`), root: space.path });
      expect(result.decision.ship).toBe('lstm-regressor');
      expect(result.decision.skill).toBeGreaterThan(0.5);
    }
  });
});

describe('a preset whose answer is known', () => {
  const preset = async (name: string, set: readonly string[] = []): Promise<Result['decision']> => {
    const root = join(import.meta.dirname, '..');
    const out = join(space.path, `${name}${set.length}`);
    return (await run(join(root, 'configs', `${name}.yaml`), { out, set })).result.decision;
  };

  it.each([
    ['logistic', 'lstm-regressor', ['mean', 'last-value', 'drift']],
    ['recall-10', 'language-model', ['uniform', 'bigram']],
  ])('leaves a rule that is no line to the network: %s', async (name, ship, beaten) => {
    const decision = await preset(name);
    expect(decision.ship).toBe(ship);
    expect(decision.beats).toEqual(expect.arrayContaining(beaten));
    expect(decision.skill).toBeGreaterThan(0.9);
    expect(decision.p).toBeLessThan(1e-6);
  });

  it('leaves what is to be remembered to the network, beside an n-gram too', async () => {
    const decision = await preset('recall-10', ['evaluate.baselines=[uniform, bigram, ngram]']);
    expect(decision.ship).toBe('language-model');
    expect(decision.beats).toContain('ngram');
  });

  it.each(['random-walk', 'stock-close'])(
    'leaves chance to the last value, whatever the network says: %s',
    async (name) => {
      expect(['last-value', 'drift']).toContain((await preset(name)).ship);
    },
  );

  it('leaves a wave on a trend to the network', async () => {
    expect((await preset('trend-season')).ship).toBe('lstm-regressor');
  });
});

describe('forecasts that look right and say nothing', () => {
  // Combinations: a closed form's own name says what it does.
  const twice = (kind: string): object => ({
    kind: 'average',
    members: [kind, kind === 'mean' ? 'window-average' : 'ses'],
  });

  it('a copy of the last value is named', async () => {
    const { verdict, backtest, decision } = await judged(walk(3, 150), twice('last-value'), {
      predict: { horizon: 1 },
    });
    expect(backtest?.shape).toBe('shifted-copy');
    expect(verdict).toMatch(/repeats the last known value, one step late/);
    expect(decision.ship).not.toBe('average');
  });

  it('a flat line is named', async () => {
    const draw = random(4, 'flat');
    const values = Float64Array.from({ length: 150 }, (_, t) => 10 * Math.sin(t / 3) + draw.normal());
    const { verdict, backtest } = await judged(values, twice('mean'), { predict: { horizon: 8 } });
    expect(backtest?.shape).toBe('flat-line');
    expect(verdict).toMatch(/flat line/);
  });

  it('a forecast that moves as the series does is not', async () => {
    const values = Float64Array.from({ length: 150 }, (_, t) => 10 * Math.sin((2 * Math.PI * t) / 12));
    const { backtest, verdict } = await judged(values, {
      kind: 'average',
      members: ['seasonal-naive', 'holt-winters'],
    });
    expect(backtest?.shape).toBeNull();
    expect(verdict).not.toMatch(/Mind/);
  });
});

describe('windows that early stopping chose an epoch on', () => {
  const stopping = (more: object = {}): object => ({
    source: { kind: 'generated', series: 'sine', length: 60, period: 6 },
    split: { validation: 0.2 },
    model: { kind: 'lstm-regressor', units: [2] },
    window: { context: 6 },
    train: { epochs: 2, patience: 1 },
    ...more,
  });
  const warned = async (config: object): Promise<boolean> => {
    const { result, text, report } = await run(config, { out: join(space.path, `chosen${runs++}`), root: space.path });
    const told = result.warnings.find(({ code }) => code === 'W_EPOCH_CHOSEN');
    expect(text.includes('W_EPOCH_CHOSEN')).toBe(told !== undefined);
    expect(readFileSync(report as string, 'utf8').includes('its early stopping chose an epoch on')).toBe(!!told);
    return told !== undefined;
  };

  it('are said to decide where nothing else was held out, of numbers and of text', async () => {
    expect(await warned(stopping())).toBe(true);
    const file = space.write('so.txt', 'so it goes and so it went and so it is and so it was and so on');
    const text = { kind: 'text', file };
    const words = {
      source: text,
      window: { context: 2 },
      model: { kind: 'language-model', embedding: 2, layers: [{ kind: 'lstm', units: 2 }] },
    };
    expect(await warned(stopping(words))).toBe(true);
  });

  it.each([
    ['a test part', { split: { validation: 0.2, test: 0.2 } }],
    ['folds', { evaluate: { folds: 2 } }],
    ['all epochs', { train: { epochs: 2 } }],
    ['a closed form', { model: 'theta' }],
  ])('do not decide with %s', async (_, more) => {
    expect(await warned(stopping(more))).toBe(false);
  });
});
