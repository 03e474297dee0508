import { expect, test } from 'vitest';
import { widthOf } from '../../src/report/figures.ts';
import { renderForecast } from '../../src/report/forecast-lines.ts';
import { renderTerminal, renderText } from '../../src/report/terminal.ts';
import { numbers, picture, poisoned, text } from './sample.ts';

test('a run of numbers on one page', () => {
  expect(renderTerminal(numbers, picture)).toMatchInlineSnapshot(`
    "airline · lstm-regressor · native engine · seed 7
    data  60 rows, 1949-01 … 1953-12, month, season 12, target passengers
          3 missing cells filled by previous
    fit   10,451 parameters, 80 windows, 300 epochs, loss 0.000123
          validation loss 0.00045, stopped early

    28 held-out windows (validation)   MAE   RMSE  MAPE  MASE  skill
    lstm-regressor                    14.2  17.75     –  0.71   31 %  ◀ ship
    seasonal-naive                    20.6  25.75     –  1.03    0 %
    last-value                        36.0  45.00     –  1.80  −75 %
    drift                             38.0  47.50     –  1.90  −84 %

    passengers: last 48 of 180 values, 1950-01 … 1953-12 ┊ forecast
    211 ┤                                                           ⣀          ⢀⡠⠤⠒⠉
        │                                          ⢀⣀⡄         ⣀⡠⠔⠒⠉⠘⡄     ⣀⠤⠒⠉⠁
        │             ⢀⡀           ⢀⠤⠒⢣       ⢀⣀⠤⠒⠊⠁ ⠸⡀   ⣀⠤⠔⠒⠉     ┊⢣⢀⣀⠤⠒⠊
        │         ⣀⠤⠒⠊⠁⢣      ⣀⡠⠔⠒⠉⠁  ⠈⡆ ⢀⣀⠤⠒⠊⠁       ⢣⡠⠒⠉          ┊⠈⠁
        │     ⣀⠤⠔⠉     ⠘⡄⣀⡠⠔⠒⠉         ⠘⠊⠁                          ┊
    112 ┤⣀⠤⠔⠊⠉          ⠉                                           ┊

    forecast    time       value  80 % from       to
    passengers  1954-01  160.000    150.000  230.500
    passengers  1954-02  164.636    151.000  231.500
    passengers  1954-03  169.273    152.000  232.500
    passengers  1954-04  173.909    153.000  233.500
    … 8 more in forecast.csv

    The lstm-regressor beats seasonal-naive by 31 % (MASE 0.71 against 1.03, 28
    held-out windows): ship it.
    1 warning: W_CONSTANT_SERIES"
  `);
});

test('why there are no intervals stands where they would, however many notes there are', () => {
  const why = 'no intervals: 20 rows allow no folds with season 12 and horizon 6; there are some with 38 rows';
  const notes = [...Array.from({ length: 50 }, (_, i) => `note ${i}`), why];
  const lines = renderTerminal({ ...numbers, backtest: null, data: { ...numbers.data, notes } }, picture).split('\n');
  const at = lines.findIndex((line) => line.startsWith('no intervals'));
  expect(lines.slice(at - 1, at + 2)).toEqual([
    expect.stringMatching(/^drift /),
    'no intervals: 20 rows allow no folds with season 12 and horizon 6; there are',
    'some with 38 rows',
  ]);
});

test('a run of text on one page', () => {
  expect(renderTerminal(text, null)).toMatchInlineSnapshot(`
    "rhymes · language-model · native engine · seed 7
    data  vocabulary of 66 ids
    fit   10,451 parameters, 80 windows, 300 epochs, loss 0.000123, accuracy 88 %

    1,234 training windows: nothing was held out
                    cross-entropy  perplexity  accuracy  skill
    language-model         0.5000        1.65      0.90   40 %  ◀ ship
    unigram                0.8333        2.65      0.65      –
    bigram                 1.1667        3.65      0.40      –

    text after "the cat"
    │ the cat sat on the mat,
    │ the dog sat on the log.
    next  " sat" 50 % · "\\n" 0.4 %

    The lstm-regressor beats seasonal-naive by 31 % (MASE 0.71 against 1.03, 28
    held-out windows): ship it."
  `);
});

test('a forecast and an answer alone', () => {
  expect(renderForecast(numbers.forecast.slice(0, 2))).toMatchInlineSnapshot(`
    "forecast    time       value  80 % from       to
    passengers  1954-01  160.000    150.000  230.500
    passengers  1954-02  164.636    151.000  231.500"
  `);
  expect(renderText(text.text)).toMatchInlineSnapshot(`
    "text after "the cat"
    │ the cat sat on the mat,
    │ the dog sat on the log.
    next  " sat" 50 % · "\\n" 0.4 %"
  `);
});

test('generated text fills the columns of a terminal, and what is seen as one character stays whole', () => {
  const linesOf = (line: string): string[] => {
    const page = renderText([{ prompt: '', text: line, next: [] }]);
    return page
      .split('\n')
      .slice(1)
      .map((row) => row.slice(2));
  };
  expect(linesOf('今'.repeat(100))).toEqual(['今'.repeat(39), '今'.repeat(39), '今'.repeat(22)]);
  const family = '👩\u200d👩\u200d👧';
  for (const character of [family, 'e\u0301\u0302', '👍🏽', '☕']) {
    for (const before of [0, 1, 2, 3]) {
      const lines = linesOf('x'.repeat(before) + character.repeat(120));
      expect(lines.join('')).toBe('x'.repeat(before) + character.repeat(120));
      for (const line of lines.slice(1)) expect(line.length % character.length).toBe(0);
      for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(78);
    }
  }
});

test('hostile strings stay on their lines: no control character, no more lines', () => {
  for (const [result, drawn] of [
    [numbers, picture],
    [text, null],
  ] as const) {
    const page = renderTerminal(poisoned(result), poisoned(drawn));
    expect(page.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
    // A verdict may wrap, and generated text may have the lines it has.
    expect(page.split('\n').length - renderTerminal(result, drawn).split('\n').length).toBeLessThanOrEqual(6);
    expect(page).toContain('\\u001b[2J');
  }
});

test('the page fits: at most 40 lines of 80 columns, or as many as the terminal has, however much there is', () => {
  const many = {
    ...numbers,
    data: { ...numbers.data, notes: Array.from({ length: 50 }, (_, i) => `note ${i}`) },
    scores: Array.from({ length: 40 }, (_, i) => ({
      ...numbers.scores[1]!,
      forecaster: `forecaster-${i}-${'x'.repeat(80)}`,
    })),
    verdict: 'x '.repeat(150),
    warnings: Array.from({ length: 500 }, () => numbers.warnings[0]!),
  };
  for (const width of [200, 80, 63, 50]) {
    const lines = renderTerminal(many, picture, undefined, width).split('\n');
    expect(lines.length).toBeLessThanOrEqual(40);
    for (const line of lines) expect(widthOf(line), line).toBeLessThanOrEqual(Math.min(80, width));
  }
  const lines = renderTerminal(many, picture).split('\n');
  expect(lines.join('\n')).toContain('… 36 more in result.json');
  const [last, left] = /note (\d+), … (\d+) more$/m.exec(lines.join('\n'))!.slice(1).map(Number);
  expect(last! + 1 + left!).toBe(50);
});

test('a usual run is told in 30 lines: chart, steps and baselines give way, the one to ship and the verdict never', () => {
  const scores = Array.from({ length: 9 }, (_, i) => ({ ...numbers.scores[1]!, forecaster: `baseline-${i}` }));
  const ship = { ...numbers.scores[1]!, forecaster: 'plainest', metrics: { mae: 90, rmse: 91 } };
  const busy = {
    ...numbers,
    scores: [numbers.scores[0]!, ...scores, ship],
    decision: { ...numbers.decision, ship: 'plainest' },
    data: { ...numbers.data, notes: ['known up to the cutoff: precipitation, wind, read by the lstm-regressor alone'] },
  };
  const lines = renderTerminal(busy, picture).split('\n');
  expect(lines.length).toBeLessThanOrEqual(30);
  const page = lines.join('\n');
  for (const told of [
    'lstm-regressor  ',
    'plainest',
    '◀ ship',
    '… 6 more in result.json',
    '… 9 more in forecast.csv',
    'ship it.',
  ])
    expect(page).toContain(told);
});

test('on a narrow terminal nothing wraps: metrics, names and intervals give way, the deciding metric and the value never', () => {
  const rows = numbers.forecast.map((row) => ({ ...row, time: `${row.time}-01 00:00:00`, target: '売上高'.repeat(9) }));
  const long = { ...numbers, forecast: rows };
  const drawn = { ...picture, target: '売上高'.repeat(9) };
  for (const width of [80, 60, 50, 40]) {
    const lines = renderTerminal(long, drawn, undefined, width).split('\n');
    for (const line of lines) expect(widthOf(line), line).toBeLessThanOrEqual(width);
    expect(lines.join('\n')).toMatch(/MAE.* skill$/m);
    expect(lines.join('\n')).toMatch(/1954-01-01 00:00:00 +160\.000/);
  }
});

test('of several targets the first step of each is shown', () => {
  const others = ['south', 'share'].flatMap((target) => numbers.forecast.map((row) => ({ ...row, target })));
  const page = renderTerminal({ ...numbers, forecast: [...numbers.forecast, ...others] }, picture);
  expect(page).toMatch(/^passengers +1954-01 .*\nsouth +1954-01 .*\nshare +1954-01 .*\n… 33 more in forecast\.csv$/m);
});

test('a long note is wrapped, not cut where it says what matters', () => {
  const long = 'no time column: rows are counted 0, 1, 2, … ("period" is written in no way of times that is known)';
  const page = renderTerminal({ ...numbers, data: { ...numbers.data, notes: [long, 'delimiter ;'] } }, picture);
  expect(page.replace(/\n +/g, ' ')).toContain(`${long}, delimiter ;`);
});

test('intervals are shown where the first series has none', () => {
  const [first, second] = numbers.forecast as [(typeof numbers.forecast)[number], (typeof numbers.forecast)[number]];
  const { lower: _, upper: __, ...bare } = first;
  const table = renderForecast([{ ...bare, series: 'short' }, second]);
  expect(table).toMatch(/80 % from +to$/m);
  expect(table).toMatch(/^short .* – +–$/m);
});

test('colour changes nothing but colour', () => {
  const painted = renderTerminal(numbers, picture, (what, piece) => `<${what}>${piece}</${what}>`);
  expect(painted.replace(/<\/?[a-z]+>/g, '')).toBe(renderTerminal(numbers, picture));
  expect(painted).toContain('<winner>lstm-regressor');
});

test('what is not there leaves no gap: no scores, no forecast, no picture', () => {
  const bare = { ...numbers, scores: [], forecast: [], warnings: [], verdict: 'Nothing to say.' };
  const page = renderTerminal(bare, { target: 'x', history: { values: [], times: [] }, known: 0, forecast: [] });
  expect(page).not.toContain('\n\n\n');
  expect(page).not.toContain('undefined');
  expect(page.endsWith('Nothing to say.')).toBe(true);
});
