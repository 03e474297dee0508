import { expect, test } from 'vitest';
import { type VerdictFacts, verdict } from '../../src/report/verdict.ts';

const facts: VerdictFacts = {
  model: 'lstm-regressor',
  ship: 'lstm-regressor',
  skill: 0.31,
  metric: 'mase',
  value: 0.71,
  baseline: { name: 'seasonal-naive', value: 1.03 },
  windows: 28,
  split: 'validation',
};
const say = (change: Partial<VerdictFacts>): string => verdict({ ...facts, ...change });

test('each outcome has its sentence', () => {
  const lost = { ship: 'last-value', baseline: { name: 'last-value', value: 0.68 } };
  const exact = { ship: 'drift', baseline: { name: 'drift', value: 0 }, skill: null, metric: 'mae', value: 0.031 };
  expect({
    won: say({}),
    lost: say({ ...lost, skill: -0.04 }),
    lostByFar: say({ ...lost, value: 8.5, skill: -11.5 }),
    unsure: say({ ship: 'seasonal-naive', skill: 0.01, p: 0.31, folds: 8 }),
    plainest: say({ model: 'last-value', ship: 'last-value', skill: 0.004, p: 0.31 }),
    plainestWorse: say({ model: 'last-value', ship: 'last-value', skill: -0.004, p: 0.6 }),
    unseen: say({ ...lost, skill: 1e-5, p: 0.48 }),
    untested: say({ p: null, windows: 3 }),
    fewOrigins: say({ p: null, windows: 600, origins: 5, split: 'backtest' }),
    oneOrigin: say({ ship: 'seasonal-naive', skill: 0.06, p: null, windows: 300, origins: 1 }),
    alike: say({ p: null, windows: 20 }),
    method: say({ model: 'auto', ship: 'auto', shape: 'flat-line' }),
    sure: say({ p: 0.004, folds: 8, split: 'backtest' }),
    exact: say(exact),
    notHeldOut: say({ split: 'train', windows: 1 }),
    noBaseline: say({ baseline: null, skill: null }),
    undefinedMetric: say({ value: null, skill: null, metric: 'mape', reason: 'an actual value is 0' }),
    noSkill: say({ skill: null, reason: 'mase is undefined' }),
    flat: say({ shape: 'flat-line' }),
    shifted: say({ shape: 'shifted-copy' }),
  }).toMatchInlineSnapshot(`
    {
      "alike": "The lstm-regressor beats seasonal-naive by 31 % (MASE 0.71 against 1.03, 20 held-out windows): ship the lstm-regressor.",
      "exact": "Drift is exact here (error 0), so no skill can be given; the lstm-regressor has MAE 0.031 on 28 held-out windows: ship drift.",
      "fewOrigins": "The lstm-regressor is 31 % better than seasonal-naive (MASE 0.71 against 1.03, 600 backtest windows at 5 origins, too few to test): ship the lstm-regressor.",
      "flat": "The lstm-regressor's forecast is a flat line, if 31 % nearer than seasonal-naive (MASE 0.71 against 1.03, 28 held-out windows): it knows no more than that; ship the lstm-regressor.",
      "lost": "The lstm-regressor does not beat last-value (skill −4 %; MASE 0.71 against 0.68, 28 held-out windows): ship last-value.",
      "lostByFar": "The lstm-regressor does not beat last-value (its error is 12.5 times as large; MASE 8.5 against 0.68, 28 held-out windows): ship last-value.",
      "method": "Auto's forecast is a flat line, if 31 % nearer than seasonal-naive (MASE 0.71 against 1.03, 28 held-out windows): it knows no more than that; ship auto.",
      "noBaseline": "Nothing to compare the lstm-regressor with (MASE 0.71, 28 held-out windows): ship the lstm-regressor.",
      "noSkill": "The lstm-regressor cannot be ranked against seasonal-naive (mase is undefined; MASE 0.71 against 1.03, 28 held-out windows): ship the lstm-regressor.",
      "notHeldOut": "The lstm-regressor beats seasonal-naive by 31 % (MASE 0.71 against 1.03, 1 training window): ship the lstm-regressor. Nothing was held out, so these scores are on what it was trained on; set split.validation before you rely on them.",
      "oneOrigin": "The lstm-regressor is 6 % better than seasonal-naive, but not reliably (MASE 0.71 against 1.03, 300 held-out windows at 1 origin, too few to test): ship seasonal-naive.",
      "plainest": "Last-value is 0.4 % better than seasonal-naive, but not reliably (MASE 0.71 against 1.03, 28 held-out windows, p 0.31): ship last-value.",
      "plainestWorse": "Last-value does not beat seasonal-naive (skill −0.4 %; MASE 0.71 against 1.03, 28 held-out windows, p 0.6): ship last-value, which seasonal-naive does not reliably beat.",
      "shifted": "The lstm-regressor's forecast repeats the last known value, one step late, if 31 % nearer than seasonal-naive (MASE 0.71 against 1.03, 28 held-out windows): it knows no more than that; ship the lstm-regressor.",
      "sure": "The lstm-regressor beats seasonal-naive by 31 % (MASE 0.71 against 1.03, 28 backtest windows, p 0.004 over 8 folds): ship the lstm-regressor.",
      "undefinedMetric": "The lstm-regressor could not be scored, its MAPE is undefined (an actual value is 0): ship the lstm-regressor.",
      "unseen": "The lstm-regressor does not beat last-value (skill 0 %; MASE 0.71 against 0.68, 28 held-out windows, p 0.48): ship last-value.",
      "unsure": "The lstm-regressor is 1 % better than seasonal-naive, but not reliably (MASE 0.71 against 1.03, 28 held-out windows, p 0.31 over 8 folds): ship seasonal-naive.",
      "untested": "The lstm-regressor is 31 % better than seasonal-naive (MASE 0.71 against 1.03, 3 held-out windows, too few to test): ship the lstm-regressor.",
      "won": "The lstm-regressor beats seasonal-naive by 31 % (MASE 0.71 against 1.03, 28 held-out windows): ship the lstm-regressor.",
    }
  `);
});

test('a verdict is one line', () => {
  for (const skill of [null, -20, -0.5, 0, 0.5]) expect(say({ skill })).not.toContain('\n');
});

test('a p too small to mean what it says is only said to be small', () => {
  for (const p of [0, 1e-154, 0.0009]) expect(say({ p })).toContain(', p < 0.001)');
  expect(say({ p: 0.001 })).toContain(', p 0.001)');
});
