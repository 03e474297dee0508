import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formsOf, learn, nameOf } from '../../src/forecasters/ets.ts';
import { type EtsForm, type EtsGradient, likelihoodOf } from '../../src/forecasters/likelihood.ts';
import { type SmoothingParameters, smooth, startOf } from '../../src/forecasters/smoothing.ts';

const air = Float64Array.from(
  readFileSync(new URL('../../datasets/air-passengers/air-passengers.csv', import.meta.url), 'utf8')
    .trim()
    .split(/\r?\n/)
    .slice(1),
  (line) => Number(line.split(',').at(-1)),
);
const every = formsOf(air, { error: 'auto', trend: 'auto', seasonal: 'auto' }, 12);
const somewhere = (form: EtsForm): SmoothingParameters => ({
  ...startOf(air, form, {}),
  alpha: 0.3,
  beta: form.trend ? 0.02 : 0,
  gamma: form.seasonal === null ? 0 : 0.1,
  phi: form.damped ? 0.9 : 1,
});
const emptyGradient = (form: EtsForm): EtsGradient => ({
  alpha: 0,
  beta: 0,
  gamma: 0,
  phi: 0,
  level: 0,
  trend: 0,
  seasonals: new Float64Array(form.season),
});

describe('ets', () => {
  it('tries the fifteen admissible forms of positive values and the six of others', () => {
    expect(every.map(nameOf).join(' ')).toBe('ANN AAN AAdN ANA AAA AAdA MNN MAN MAdN MNA MAA MAdA MNM MAM MAdM');
    const others = formsOf(
      air.map((v) => v - 300),
      { error: 'auto', trend: 'auto', seasonal: 'auto' },
      12,
    );
    expect(others.map(nameOf).join(' ')).toBe('ANN AAN AAdN ANA AAA AAdA');
  });

  it.each(every.map((form) => [nameOf(form), form] as const))(
    '%s: the gradient is that of finite differences',
    (_, form) => {
      const likelihood = likelihoodOf(air, form, 0);
      const at = somewhere(form);
      const gradient = emptyGradient(form);
      likelihood(at, gradient);
      const slope = (change: (step: number) => SmoothingParameters): number =>
        (likelihood(change(1e-5), null) - likelihood(change(-1e-5), null)) / 2e-5;
      const names = ['alpha', 'level', ...(form.trend ? ['beta', 'trend'] : [])] as const;
      for (const name of [...names, ...(form.damped ? ['phi'] : []), ...(form.seasonal ? ['gamma'] : [])]) {
        const key = name as 'alpha';
        const numeric = slope((step) => ({ ...at, [key]: at[key] + step }));
        expect(Math.abs(gradient[key] - numeric) / (1 + Math.abs(numeric))).toBeLessThan(1e-5);
      }
      for (let i = 0; form.seasonal !== null && i < form.season; i++) {
        const numeric = slope((step) => ({ ...at, seasonals: at.seasonals.map((s, k) => (k === i ? s + step : s)) }));
        expect(Math.abs((gradient.seasonals[i] as number) - numeric) / (1 + Math.abs(numeric))).toBeLessThan(1e-5);
      }
    },
  );

  it('with added errors its likelihood is that of the squares of ses, holt and holt-winters', () => {
    for (const form of every.filter(({ relative }) => !relative)) {
      const at = somewhere(form);
      const { squares } = smooth(air, air.length, form, at);
      const value = likelihoodOf(air, form, 0)({ ...at, beta: at.beta * at.alpha }, null);
      expect(value).toBeCloseTo(air.length * Math.log(squares), 8);
    }
  });

  it('finds a likelihood at least as good as R does: AICc of M,Ad,M for air-passengers at most 1400.64', () => {
    const damped = every.find((form) => nameOf(form) === 'MAdM') as EtsForm;
    expect(learn(air, [damped], 'aicc').parameters.aicc).toBeLessThan(1400.64);
    expect(learn(air, every, 'aicc').parameters).toMatchObject({ form: 'MAM' });
  });

  it('what it chooses has the least criterion of all it may choose', () => {
    const criteria = every.map((form) => learn(air, [form], 'aicc').parameters.aicc as number);
    expect(learn(air, every, 'aicc').parameters.aicc).toBe(Math.min(...criteria));
  });

  it('scaling the values scales the forecasts', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-3, max: 1e3, noNaN: true }), (scale) => {
        const plain = new Float64Array(6);
        const scaled = new Float64Array(6);
        const form = every.find((one) => nameOf(one) === 'MAM') as EtsForm;
        learn(air, [form], 'aicc').run(air, air.length)(air.length, plain);
        const large = air.map((v) => v * scale);
        learn(large, [form], 'aicc').run(large, air.length)(air.length, scaled);
        for (let h = 0; h < 6; h++) expect((scaled[h] as number) / scale / (plain[h] as number)).toBeCloseTo(1, 3);
      }),
      { numRuns: 10 },
    );
  });
});
