// The page as bytes: what it must hold, what it must never hold, and how large it may be.

import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { settle } from '../../src/config/defaults.ts';
import { parseConfig } from '../../src/config/load.ts';
import type { Numbers, Series } from '../../src/core/data.ts';
import { chartFiles, forecastPlot, wholePlot } from '../../src/report/charts.ts';
import { comparePage } from '../../src/report/compare-page.ts';
import { MOST_BYTES } from '../../src/report/page.ts';
import type { Panel } from '../../src/report/picture.ts';
import type { Result } from '../../src/report/result.ts';
import { runPage } from '../../src/report/run-page.ts';
import { CHART_STYLE } from '../../src/report/style.ts';
import { svgFile } from '../../src/report/svg.ts';
import { reportFiles } from '../../src/reporting.ts';
import { heldOutOf } from '../../src/track/held-out.ts';
import type { Outcome } from '../../src/track/outcome.ts';
import { effort } from '../support/effort.ts';
import { HOSTILE, input, numbers, poisoned, text, walked } from './sample.ts';

const runs = [
  { name: 'a', folder: 'runs/a', result: walked, seconds: 1, losses: [3, 2, 1] },
  { name: 'b', folder: 'runs/b', result: numbers, seconds: 2, losses: [3, 1, 0.1] },
];
const textInput = { ...input, panels: [] };
const PAGES: readonly (readonly [string, string])[] = [
  ['numbers', runPage(numbers, input)],
  ['a backtest', runPage(walked, input)],
  ['text', runPage(text, textInput)],
  ['runs compared', comparePage(runs)],
  ['hostile strings', runPage(poisoned(walked), poisoned(input))],
  ['hostile text', runPage(poisoned(text), poisoned(textInput))],
  ['hostile runs', comparePage(poisoned(runs))],
];

describe.each(PAGES)('the page of %s', (_, html) => {
  it('has a policy that allows its one style sheet and nothing else', () => {
    const styles = [...html.matchAll(/<style>([\s\S]*?)<\/style>/g)];
    expect(styles.length).toBe(1);
    const hash = createHash('sha256')
      .update(styles[0]?.[1] as string)
      .digest('base64');
    expect(html).toContain(
      `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'">`,
    );
    expect(html.indexOf('Content-Security-Policy')).toBeLessThan(html.indexOf('<style>'));
  });

  it('runs nothing, and refers to nothing outside', () => {
    const tags = new Set([...html.matchAll(/<([a-zA-Z][\w-]*)/g)].map(([, tag]) => tag));
    for (const tag of [
      'script',
      'img',
      'link',
      'iframe',
      'object',
      'embed',
      'form',
      'a',
      'base',
      'foreignObject',
      'use',
      'image',
    ])
      expect(tags).not.toContain(tag);
    expect(html).not.toMatch(/<[^>]*\s(?:on\w+|style|href|src|srcset|xlink:href|action)\s*=/i);
    expect(html).not.toMatch(/url\(|@import/);
  });

  it('holds no character that moves, breaks or turns text', () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(html).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/);
  });

  it('balances its tags', () => {
    const open: string[] = [];
    for (const [, close, tag, self] of html.matchAll(/<(\/?)([a-zA-Z][\w-]*)(?:\s[^<>]*?)?(\/?)>/g)) {
      if (self === '/' || tag === 'meta') continue;
      if (close === '/') expect(open.pop()).toBe(tag);
      else open.push(tag as string);
    }
    expect(open).toEqual([]);
  });
});

describe('what the page tells', () => {
  const html = runPage(walked, input);

  it('the verdict comes first', () => {
    const body = html.slice(html.indexOf('<body>'));
    expect(body.indexOf(walked.verdict.slice(0, 40))).toBeGreaterThan(0);
    expect(body.indexOf(walked.verdict.slice(0, 40))).toBeLessThan(body.indexOf('<h2>'));
  });

  it('every part is there, in order', () => {
    const headings = [...html.matchAll(/<h2>([^<]*)<\/h2>/g)].map(([, heading]) => heading);
    expect(headings).toEqual([
      'Forecast',
      'Scores',
      'Error by step',
      'Folds',
      'Residuals',
      'Training',
      'Data',
      'Run it again',
    ]);
    expect([...runPage(text, textInput).matchAll(/<h2>([^<]*)<\/h2>/g)].map(([, heading]) => heading)).toEqual([
      'Text',
      'Scores',
      'Training',
      'Data',
      'Run it again',
    ]);
  });

  it('every forecaster stands with its metrics and skill, and what these are is said', () => {
    expect(html).toMatch(
      /lstm-regressor ◀ ship<\/th>(?:<td class="n">[\d.–]+<\/td>){4}<td class="n good">31 %<\/td><\/tr>/,
    );
    for (const { forecaster } of walked.scores) expect(html).toContain(`>${forecaster}`);
    expect(html).toContain('MAPE: mean absolute error in percent of each actual value; ');
    expect(html).toContain('No MAPE: an actual value is 0');
  });

  it('how intervals held is a table of its own: it is of the backtest, whatever part the scores are of', () => {
    const at = html.indexOf('<h3>How intervals held</h3>');
    expect(html.slice(at)).toMatch(
      /^[\s\S]*?Share of the backtest’s values inside[\s\S]*?lstm-regressor ◀ ship<\/th><td class="n">78 %<\/td><td class="n">5.5<\/td><td class="n">needs 19 errors/,
    );
    expect(html.slice(0, at)).not.toMatch(/% held|MSIS/);
    expect(runPage(numbers, input)).not.toContain('How intervals held');
  });

  it('a forecast of few steps stands open, as it is to be printed; a long one is folded away', () => {
    expect(html).toContain('<details open><summary>Forecast as a table (12 rows)');
    const long = { ...walked, forecast: [...walked.forecast, ...walked.forecast, ...walked.forecast] };
    expect(runPage(long, input)).toContain('<details><summary>Forecast as a table (36 rows)');
  });

  it('the legend shows an inner band as it is drawn, on top of the wider ones', () => {
    const bounds = (by: number) => ({ 50: by, 80: 2 * by, 95: 3 * by });
    const forecast = walked.forecast.map((row) => ({
      ...row,
      lower: bounds(row.value - 1),
      upper: bounds(row.value + 1),
    }));
    const page = runPage({ ...walked, forecast }, input);
    const chart = page.slice(page.indexOf('id="forecast-t"'), page.indexOf('</svg>', page.indexOf('id="forecast-t"')));
    const samples = [...chart.matchAll(/<rect class="area t-(fan(?:-wide)?)" x="([\d.]+)"/g)].map(([, tone, x]) => [
      x,
      tone,
    ]);
    const places = [...new Set(samples.map(([x]) => x))];
    const tones = places.map((place) => samples.filter(([x]) => x === place).map(([, tone]) => tone));
    expect(tones).toEqual([['fan-wide'], ['fan-wide', 'fan'], ['fan-wide', 'fan', 'fan']]);
  });

  it('what was held out is the same in the chart of the newest rows and in that of all', () => {
    const [panel] = input.panels as [Panel];
    const whole = { rows: panel.values.map((_, i) => i), values: panel.values, stamps: null };
    const near = { ...panel, from: 20, values: panel.values.slice(20), whole };
    const regions = [forecastPlot('a', near, walked), wholePlot('b', near)].map((plot) =>
      plot?.marks.filter(({ kind }) => kind === 'region'),
    );
    expect(regions[0]).toEqual([{ kind: 'region', tone: 'held', name: 'held out (test)', from: 47.5, until: 59.5 }]);
    expect(regions[1]).toEqual(regions[0]);
    const folds = { ...near, paths: near.paths.filter(({ split }) => split === 'backtest') };
    expect(wholePlot('b', folds)?.marks.some(({ kind }) => kind === 'region')).toBe(false);
  });

  it('where another forecaster is to ship, the command that has it forecast is there', () => {
    const other = { ...walked, decision: { ...walked.decision, ship: 'drift' } };
    expect(runPage(other, input)).toContain('<pre>forecast run . --set model=drift --out ../ship</pre>');
    expect(html).not.toContain('--set model=');
  });

  it('charts of some of the forecasters say of how many', () => {
    const backtest = walked.backtest!;
    const names = Array.from({ length: 9 }, (_, i) => `forecaster-${i}`);
    const steps = names.map((forecaster) => ({ forecaster, values: [1, 2] }));
    const folds = backtest.folds.map((fold) => ({
      ...fold,
      scores: Object.fromEntries(names.map((name) => [name, 1])),
    }));
    const scores = names.map((forecaster) => ({ ...walked.scores[0]!, forecaster }));
    const page = runPage({ ...walked, scores, backtest: { ...backtest, steps, folds } }, input);
    expect(page.match(/Drawn: 6 of 9 forecasters\./g)?.length).toBe(4);
    expect(html).not.toContain('Drawn: ');
  });

  it('numbers of a column have one number of decimals', () => {
    const total = { series: 'a', target: 'sales', steps: 7, lower: {}, upper: {} };
    const page = runPage({ ...walked, totals: [839.68, 821.559, 1028.6].map((value) => ({ ...total, value })) }, input);
    expect([...page.matchAll(/>7<\/td><td class="n">([^<]*)/g)].map(([, text]) => text)).toEqual([
      '839.68',
      '821.56',
      '1028.60',
    ]);
  });

  it('the command, the config and the data’s checksum are there', () => {
    expect(html).toContain('<pre>forecast run . --out ../again</pre>');
    expect(html).toContain('(by default runs/airline-1a2b3c4d)');
    expect(html).toContain('name: airline\nseed: 7');
    expect(html).toContain(walked.data.sha256);
  });

  it('a combination tells its rule, its members and who was left out; what is not trained has no training', () => {
    const combination = {
      rule: 'the mean of the best',
      members: [
        { member: 'theta', error: 0.9, weight: 0, reason: 'over the budget' },
        { member: 'holt', error: 1.25, weight: 1, reason: null },
      ],
    };
    const fit = { ...walked.fit, samples: 0, epochs: 0, combination } as unknown as Result['fit'];
    const page = runPage({ ...walked, fit }, { ...input, losses: [] });
    expect(page).toMatch(
      /the mean of the best[\s\S]*holt<\/th><td class="n">1.25<\/td><td class="n">100 %[\s\S]*theta[\s\S]*over the budget/,
    );
    expect(page).not.toContain('<h2>Training</h2>');
    expect(html).not.toContain('<h2>Combination</h2>');
  });

  it('residuals stand side by side, few ones too, say of which series they are, and when, however far back', () => {
    const [panel] = input.panels as [Panel];
    const residuals = (own: Partial<Panel>, series = 2): string => {
      const page = runPage(
        { ...walked, data: { ...walked.data, series } },
        { ...input, panels: [{ ...panel, ...own }] },
      );
      return page.split('<h2>Residuals</h2>')[1]?.split('<h2>')[0] as string;
    };
    const few = residuals({ paths: [{ split: 'test', start: 54, values: [1, 2, 3], actual: [2, 2, 2] }] });
    expect(few.match(/<svg/g)).toHaveLength(1);
    expect(few).toContain('<div class="pair">');
    expect(few).toContain('3 held-out values of airline passengers');
    expect(residuals({}, 1)).toContain('36 held-out values of passengers');
    const rows = Array.from({ length: 60 }, (_, row) => row);
    const whole = { rows, values: panel.values, stamps: panel.stamps?.slice(0, 60) as number[] };
    const near = { from: 40, values: panel.values.slice(40), stamps: panel.stamps?.slice(40) as number[], whole };
    expect(residuals(near)).toMatch(/>1951(?:-\d\d)?<\/text>/);
  });

  it('a shape worth a warning is named', () => {
    expect(html).toContain('flat line');
  });

  it('text shows the prompt, what came after, and the likeliest tokens', () => {
    const page = runPage(text, textInput);
    expect(page).toContain('<mark>the cat</mark> sat on the mat,\nthe dog sat on the log.');
    expect(page).toContain('&quot;\\n&quot;');
    expect(page).toContain('50 %');
  });

  it('the same run gives the same bytes', () => {
    expect(runPage(walked, input)).toBe(html);
  });
});

describe('the charts', () => {
  it('are files of their own, with a title and a description', () => {
    const files = chartFiles(walked, input);
    expect([...files.keys()]).toEqual(
      ['forecast', 'steps', 'folds', 'residuals', 'loss'].map((name) => `charts/${name}.svg`),
    );
    for (const plot of files.values()) {
      const svg = svgFile(plot);
      expect(svg).toContain(`role="img" aria-labelledby="${plot.id}-t ${plot.id}-d"`);
      expect(svg).toContain('prefers-color-scheme:dark');
      expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    }
  });

  it('draw values of any size', () => {
    for (const scale of [1e300, 1e-300, 0]) {
      const panels = input.panels.map((panel) => ({ ...panel, values: panel.values.map((value) => value * scale) }));
      const forecast = walked.forecast.map((row) => ({ ...row, value: row.value * scale, lower: {}, upper: {} }));
      for (const plot of chartFiles({ ...walked, forecast }, { ...input, panels }).values())
        expect(svgFile(plot)).not.toMatch(/NaN|Infinity|undefined/);
    }
  });

  it.each(['light', 'dark'])('%s: text has a contrast of 4.5 at least, lines of 3', (theme) => {
    const [light, dark] = CHART_STYLE.split('prefers-color-scheme:dark');
    const colours = new Map(
      [...((theme === 'dark' ? dark : light) as string).matchAll(/--(\w+):#([0-9a-f]{3,6})/g)]
        .slice(0, 15)
        .map(([, name, hex]) => [name as string, luminance(hex as string)]),
    );
    const contrast = (a: string, b: string): number => {
      const [x, y] = [colours.get(a) as number, colours.get(b) as number];
      return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
    };
    for (const ground of ['ground', 'panel']) {
      for (const name of ['ink', 'soft', 'good', 'bad']) expect(contrast(name, ground), name).toBeGreaterThan(4.5);
      for (let i = 0; i < 8; i++) expect(contrast(`c${i}`, ground), `c${i}`).toBeGreaterThan(3);
    }
  });
});

/** Relative luminance of a colour (WCAG 2). */
function luminance(hex: string): number {
  const full = hex.length === 3 ? [...hex].map((digit) => digit + digit).join('') : hex;
  const [r, g, b] = [0, 2, 4].map((at) => {
    const share = Number.parseInt(full.slice(at, at + 2), 16) / 255;
    return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

describe('size', () => {
  const HOUR = 3_600_000;
  const series = (id: string, length: number): Series => ({
    id,
    length,
    time: {
      stamps: Float64Array.from({ length }, (_, i) => Date.UTC(1990, 0, 1) + i * HOUR),
      frequency: { unit: 'hour', count: 1 },
      format: 'iso-datetime',
      name: 'time',
    },
    targets: [{ name: 'y', values: Float64Array.from({ length }, (_, i) => Math.sin(i / 7) * 1234.5678 + (i % 13)) }],
    past: [],
    future: [],
  });

  function files(raw: Numbers, horizon: number): Map<string, string> {
    const written = parseConfig({
      name: 'large',
      source: { kind: 'csv', file: 'large.csv', target: 'y' },
      model: { kind: 'lstm-regressor' },
      predict: { horizon },
    }).written;
    const config = settle(written, { form: 'numbers', season: 24, rows: 5000 });
    const held = raw.series.flatMap((own) =>
      heldOutOf(own, {
        split: 'backtest',
        origins: Float64Array.from({ length: 500 }, (_, n) => own.length - 500 - horizon + n),
        values: new Float64Array(500 * horizon).fill(12.345678),
        horizon,
        lead: 0,
      }),
    );
    const result: Result = {
      ...walked,
      data: { ...walked.data, series: raw.series.length, notes: Array(300).fill('a note '.repeat(40)) },
      forecast: raw.series.flatMap(({ id }) =>
        Array.from({ length: horizon }, (_, h) => ({
          series: id,
          target: 'y',
          step: h + 1,
          time: `2026-01-01T00:00:00 ${h}`,
          value: h + 0.123456789,
          lower: { '80': h - 1.23456789, '95': h - 2.3456789 },
          upper: { '80': h + 1.23456789, '95': h + 2.3456789 },
        })),
      ),
      scores: raw.series
        .flatMap(({ id }) => walked.scores.map((row) => ({ ...row, series: id })))
        .concat(walked.scores as never[]),
      totals: raw.series.map(({ id }) => ({ ...(walked.totals[0] as Result['totals'][number]), series: id })),
      fits: raw.series.map(({ id }) => ({ ...walked.fit, series: id })),
      warnings: Array.from({ length: 1000 }, (_, i) => ({
        code: 'W_CONSTANT_SERIES' as const,
        message: `${i} `.repeat(500),
      })),
    };
    const history = Array.from({ length: 5000 }, (_, i) => ({
      epoch: i + 1,
      loss: 1 / (i + 1),
      validationLoss: 2 / (i + 1),
    }));
    const models = new Map(raw.series.map(({ id }) => [id, { training: { history } }]));
    return reportFiles(config, raw, 24, { held, models } as unknown as Outcome, result, 'runs/large-1a2b3c4d');
  }

  it.each([
    ['5,000,000 rows', 1, 5_000_000, 720],
    ['500 series', 500, 3000, 48],
  ])('%s stay under 500 KB, soon', (_, count, length, horizon) => {
    const raw: Numbers = { form: 'numbers', series: Array.from({ length: count }, (_, s) => series(`s${s}`, length)) };
    const spent = effort();
    const made = files(raw, horizon);
    expect(spent()).toBeLessThan(5);
    expect(Buffer.byteLength(made.get('report.html') as string)).toBeLessThanOrEqual(MOST_BYTES);
    expect(made.get('report.html')).toContain('<h2>Residuals</h2>');
    for (const [name, svg] of made) expect(Buffer.byteLength(svg), name).toBeLessThanOrEqual(MOST_BYTES);
  });

  it('strings of any length do', () => {
    const long = '<&"'.repeat(30_000);
    const rename = <T>(value: T): T =>
      JSON.parse(JSON.stringify(value).replaceAll('airline', () => JSON.stringify(long).slice(1, -1))) as T;
    const result = {
      ...rename(walked),
      verdict: long,
      text: [{ prompt: long, text: long + long, next: [{ token: long, probability: 1 }] }],
    };
    const html = runPage(result, { ...rename(input), config: long });
    expect(Buffer.byteLength(html)).toBeLessThanOrEqual(MOST_BYTES);
    expect(
      Buffer.byteLength(comparePage(Array.from({ length: 400 }, () => ({ ...rename(runs[0]!), result })))),
    ).toBeLessThanOrEqual(MOST_BYTES);
  });
});

it('what is foreign is only ever text', () => {
  const name = `"><svg onload=alert(1)>javascript:${HOSTILE}`;
  const html = runPage({ ...walked, name, verdict: name }, { ...input, config: `name: ${name}` });
  expect(html).not.toContain('<svg onload');
  expect(html).toContain('&quot;&gt;&lt;svg onload=alert(1)&gt;javascript:');
});

it('shows intervals where the first series has none', () => {
  const [first, ...others] = numbers.forecast as [(typeof numbers.forecast)[number], ...typeof numbers.forecast];
  const { lower: _, upper: __, ...bare } = first;
  const page = runPage({ ...numbers, forecast: [{ ...bare, series: 'short' }, ...others] }, input);
  expect(page.split('Forecast as a table')[1]).toContain('80 % from');
});
