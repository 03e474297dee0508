import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { forecastCsv } from '../../src/report/forecast-csv.ts';
import type { ForecastRow } from '../../src/report/result.ts';
import { numbers } from './sample.ts';

const row: ForecastRow = { series: 's', target: 't', step: 1, time: '1', value: 1 };

test('the file of two rows', () => {
  expect(forecastCsv({ forecast: numbers.forecast.slice(0, 2) })).toMatchInlineSnapshot(`
    "series,target,step,time,value,lower80,upper80
    airline,passengers,1,1954-01,160,150,230.5
    airline,passengers,2,1954-02,164.63636363636363,151,231.5
    "
  `);
});

test('parse(forecastCsv(x)) is x: every number to the bit, every text whole', () => {
  const number = fc.double({ noNaN: true, noDefaultInfinity: true });
  const rows = fc.array(
    fc.record({ series: fc.string(), target: fc.string(), step: fc.nat(), time: fc.string(), value: number }),
  );
  fc.assert(
    fc.property(rows, (forecast) => {
      const [, ...cells] = parse(forecastCsv({ forecast }), { relax_column_count: false }) as string[][];
      expect(cells).toHaveLength(forecast.length);
      for (const [i, { series, target, time, value }] of forecast.entries()) {
        expect(cells[i]?.[0]?.replace(/^'(?=[=+\-@])/, '')).toBe(series.replace(/^'(?=[=+\-@])/, ''));
        expect([target, `'${target}`]).toContain(cells[i]?.[1]);
        expect([time, `'${time}`]).toContain(cells[i]?.[3]);
        expect(Number(cells[i]?.[4]) === value).toBe(true);
      }
    }),
  );
});

test('text that a spreadsheet would run gets an apostrophe, numbers are untouched', () => {
  for (const start of ['=', '+', '-', '@', '\t', '\r', '\n', '＝']) {
    const csv = forecastCsv({ forecast: [{ ...row, series: `${start}cmd`, target: `${start}1+1` }] });
    const [, cells] = parse(csv) as string[][];
    expect(cells?.slice(0, 2)).toEqual([`'${start}cmd`, `'${start}1+1`]);
  }
  const csv = forecastCsv({
    forecast: [{ ...row, time: '-5', value: -2.5e-10, lower: { '80': -3 }, upper: { '80': 3 } }],
  });
  expect(csv.split('\n')[1]).toBe('s,t,1,-5,-2.5e-10,-3,3');
});

test('levels are columns in ascending order, a row without them has empty cells', () => {
  const bounded = { ...row, lower: { '95': 0, '80': 0.5 }, upper: { '95': 2, '80': 1.5 } };
  expect(forecastCsv({ forecast: [bounded, row] })).toBe(
    'series,target,step,time,value,lower80,upper80,lower95,upper95\ns,t,1,1,1,0.5,1.5,0,2\ns,t,1,1,1,,,,\n',
  );
});

test('a forecast that is no number is no file', () => {
  expect(() => forecastCsv({ forecast: [{ ...row, value: Number.NaN }] })).toThrow('the forecast holds NaN');
});
