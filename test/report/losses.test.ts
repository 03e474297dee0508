import { describe, expect, test } from 'vitest';
import { lossPlot } from '../../src/report/charts.ts';

const records = [1, 2, 3].map((epoch) => ({ epoch, loss: 1 / epoch, validationLoss: 2 / epoch }));
const curves = (...names: string[]) => names.map((series) => ({ series, records }));
const legend = (...names: string[]): readonly string[] =>
  lossPlot(curves(...names))?.marks.map((mark) => (mark.kind === 'line' ? (mark.name ?? '') : mark.kind)) ?? [];

describe('the chart of losses', () => {
  test('one network needs no name', () => {
    expect(legend('a very long name of a run / lstm-regressor seed 7')).toEqual(['training', 'validation']);
  });

  test('several are told apart in the legend, however long what they share is', () => {
    const shared = 'monthly-sales-of-all-shops / lstm-regressor seed';
    const names = legend(`${shared} 7`, `${shared} 8`, `${shared} 9`);
    expect(names.slice(0, 2)).toEqual(['lstm-regressor seed 7, training', 'lstm-regressor seed 7, validation']);
    expect(new Set(names).size).toBe(6);
    expect(legend('north', 'south')[2]).toBe('south, training');
    expect(legend('a / x / seed 7', 'a / y / seed 7')[0]).toBe('x / seed 7, training');
    expect(legend('same', 'same')[0]).toBe('same, training');
  });

  test('no digit stands beside a name, which may be written from right to left and would turn it around', () => {
    const { description = '' } = lossPlot(curves('مبيعات', 'صادرات')) ?? {};
    expect(description).toBe('مبيعات: loss 1 → 0.3333; صادرات: loss 1 → 0.3333');
  });

  test('it says how many of the networks it draws', () => {
    expect(lossPlot(curves('a', 'b', 'c', 'd'))?.description).toMatch(/^The first 3 of 4 networks\. a: /);
    expect(lossPlot(curves('a', 'b'))?.description).toMatch(/^a: /);
  });
});
