import { expect, test } from 'vitest';
import { compareRuns, compareTable } from '../../src/report/compare.ts';
import {
  chance,
  count,
  cutTo,
  figure,
  figures,
  percent,
  unitFigures,
  visible,
  widthOf,
  wrapped,
} from '../../src/report/figures.ts';
import { renderSummary } from '../../src/report/summary.ts';
import { HOSTILE, numbers, poisoned, text } from './sample.ts';

test('runs side by side', () => {
  const score = { ...numbers.scores[0]!, metrics: { rmse: 50, mae: 36 }, skill: -0.75 };
  const runs = [
    { name: 'airline', folder: 'runs/a', result: numbers, seconds: 3.21, losses: [0.5, 0.1, 0.000123] },
    { name: 'worse', folder: 'runs/b', result: { ...numbers, scores: [score] }, seconds: null },
  ];
  expect(compareTable(runs)).toMatchInlineSnapshot(`
    "run      model            MAE  skill  parameters  epochs  seconds            loss  answer
    airline  lstm-regressor  14.2   31 %      10,451     300     3.21  0.5 → 0.000123  160
    worse    lstm-regressor  36.0  −75 %      10,451     300        –        0.000123  160"
  `);
  expect(compareRuns(runs)[0]).toMatchInlineSnapshot(`
    {
      "answer": 160,
      "engine": "native",
      "epochs": 300,
      "firstLoss": 0.5,
      "folder": "runs/a",
      "lastLoss": 0.000123,
      "metric": "mae",
      "model": "lstm-regressor",
      "name": "airline",
      "parameters": 10451,
      "score": 14.2,
      "seconds": 3.21,
      "ship": "lstm-regressor",
      "skill": 0.31,
      "split": "validation",
      "windows": 28,
    }
  `);
});

test('runs of one name are told apart by their folders', () => {
  const run = { name: 'airline', result: numbers, seconds: 1 };
  const lines = compareTable([
    { ...run, folder: 'runs/a' },
    { ...run, folder: 'runs/b' },
  ]).split('\n');
  expect(lines.slice(1, 3).map((line) => line.split(' ')[0])).toEqual(['runs/a', 'runs/b']);
});

test('runs that share no metric are shown without a score, and the reader is warned', () => {
  const table = compareTable([
    { name: 'a', folder: 'a', result: numbers, seconds: 1 },
    { name: 'b', folder: 'b', result: { ...text, data: { ...text.data, sha256: 'other' } }, seconds: Number.NaN },
  ]);
  expect(table).toMatchInlineSnapshot(`
    "run  model           score  skill  parameters  epochs  seconds      loss  answer
    a    lstm-regressor      –   31 %      10,451     300        1  0.000123  160
    b    language-model      –   40 %      10,451     300        –  0.000123  "the cat sat on the mat,\\nthe do…"

    Mind: the runs are on different data; the scores are on different windows; some scores are on what the model was trained on."
  `);
});

test('scores of as many windows, but of other steps, carry a note: the last value does not have one score on both', () => {
  const run = (folder: string, mae: number) => {
    const plain = { ...numbers.scores[0]!, forecaster: 'last-value', metrics: { mae } };
    return { name: 'airline', folder, result: { ...numbers, scores: [numbers.scores[0]!, plain] }, seconds: 1 };
  };
  expect(compareTable([run('runs/a', 20), run('runs/b', 26)])).toMatch(/Mind: the scores are on different windows\.$/);
  expect(compareTable([run('runs/a', 20), run('runs/b', 20)])).not.toMatch(/Mind/);
});

test('hostile names stay on their lines in tables', () => {
  const table = compareTable([{ name: HOSTILE, folder: HOSTILE, result: poisoned(text), seconds: 1 }]);
  expect(table.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u2028\u202e]/u);
});

test('a model as a table', () => {
  const layers = [
    { name: 'lstm', kind: 'lstm', output: [50], parameters: 10400, multiplyAdds: 10200 },
    { name: 'dense', kind: 'dense', output: [1], parameters: 51, multiplyAdds: 50 },
  ];
  const totals = { parameters: 10451, trainable: 10451, notTrainable: 0, multiplyAdds: 10250 };
  expect(renderSummary({ layers, ...totals })).toMatchInlineSnapshot(`
    "layer  kind   output  parameters
    ────────────────────────────────
    lstm   lstm       50      10,400
    dense  dense       1          51
    ────────────────────────────────
    10,451 parameters (all trainable) · 10,250 multiply-adds a window"
  `);
});

test("a score is the model's own or none", () => {
  const alone = { ...numbers, scores: numbers.scores.slice(1) };
  expect(compareRuns([{ name: 'a', folder: 'a', result: alone, seconds: 1 }])[0]).toMatchObject({
    metric: 'mae',
    score: null,
  });
});

test('numbers are short and honest', () => {
  const cases = [0, -0, 1, -1.5, 0.71, 0.000123, 1.23456e-7, 1234.5678, 123456789, 1e12, -1e-300, 9.99996, 5e-324];
  expect(cases.map((value) => figure(value))).toMatchInlineSnapshot(`
    [
      "0",
      "0",
      "1",
      "−1.5",
      "0.71",
      "0.000123",
      "1.235e-7",
      "1235",
      "123456789",
      "1e12",
      "−1e-300",
      "10",
      "4.941e-324",
    ]
  `);
  expect(figures([1, 22.25, null, 3.1])).toEqual(['1.00', '22.25', '–', '3.10']);
  expect(figures([71920420, 190504526, 1.1429e9, 0, null])).toEqual(['7.192e7', '1.905e8', '1.143e9', '0', '–']);
  expect(figures([5.65313e9, 5.7707e9, -5.8e9], 6)).toEqual(['5.65313e9', '5.77070e9', '−5.80000e9']);
  expect(figures([7.032e-11, 9.09e-11, 1e-9])).toEqual(['7.032e-11', '9.090e-11', '1.000e-9']);
  expect(figures([2e-5, 45.75, 1500])).toEqual(['2e-5', '45.75', '1500']);
  expect(figures([0, 5e8, 1e9], 3)).toEqual(['0', '5e8', '1e9']);
  expect([0, 0.31, -0.04, 0.004, -0.00001, 1, 0.9997, 12.5].map(percent)).toMatchInlineSnapshot(`
    [
      "0 %",
      "31 %",
      "−4 %",
      "0.4 %",
      "0 %",
      "100 %",
      "99.9 %",
      "1250 %",
    ]
  `);
  expect([0, 999, 1000, 1234567].map(count)).toEqual(['0', '999', '1,000', '1,234,567']);
});

test('text of others is one line of visible characters', () => {
  expect(visible(HOSTILE, 200)).toMatchInlineSnapshot(
    `"\\u001b[2J\\u009b31m\\r\\n\\u2028\\u202e<script>alert(1)</script>\\u0000\\u0007"`,
  );
  expect(visible('x'.repeat(100), 10)).toBe('xxxxxxxxx…');
  expect(visible('日本語 ok')).toBe('日本語 ok');
  expect(widthOf('日本語 ok')).toBe(9);
});

test('a forecast and its bounds have the decimals of the largest of their unit, however near 0 one comes', () => {
  const keys = ['a', 'a', 'a'];
  expect(
    unitFigures(
      [
        [-149.6881, -130.3091, 3.117451],
        [-232.0371, undefined, 26.946121],
      ],
      keys,
    ),
  ).toEqual([
    ['−149.688', '−130.309', '3.117'],
    ['−232.037', '–', '26.946'],
  ]);
  expect(unitFigures([[150, 151.5, 0]], keys)).toEqual([['150.0', '151.5', '0.0']]);
  expect(unitFigures([[1_000_000.4, 0.51234]], ['north', 'share'])).toEqual([['1000000', '0.51234']]);
  expect(unitFigures([[839.681, 1028.604, 98.76543]], ['a', 'b', 'c'])).toEqual([['839.6810', '1028.6040', '98.7654']]);
  expect(
    unitFigures(
      [
        [5.65313e9, 12],
        [Number.NaN, null],
      ],
      ['a', 'a'],
    ),
  ).toEqual([
    ['5.65313e9', '12'],
    ['NaN', '–'],
  ]);
  expect(unitFigures([[0, 0]], ['a', 'a'])).toEqual([['0', '0']]);
});

test('a probability is 0 where it is 0 alone', () => {
  expect([0, 4e-5, 0.0004, 0.001, 0.31, 0.9997, 1].map(chance)).toEqual([
    '0 %',
    '< 0.1 %',
    '< 0.1 %',
    '0.1 %',
    '31 %',
    '99.9 %',
    '100 %',
  ]);
});

test('lines are cut and wrapped by what a terminal shows, wide characters and all', () => {
  expect(cutTo('売上高売上高', 7)).toBe('売上高…');
  expect(cutTo('sales', 5)).toBe('sales');
  expect(wrapped('ab cd ef', 5)).toEqual(['ab cd', 'ef']);
  expect(wrapped('a skill −18 %; MAE', 11)).toEqual(['a skill', '−18 %; MAE']);
  expect(wrapped('売上高売上高', 5)).toEqual(['売上', '高売', '上高']);
  for (const line of wrapped('a 売上高 b 東京都新宿区 c'.repeat(4), 11)) expect(widthOf(line)).toBeLessThanOrEqual(11);
});
