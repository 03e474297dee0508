import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chart } from '../../src/report/chart.ts';
import { widthOf } from '../../src/report/figures.ts';

const line = (values: readonly number[], start = 0) => ({ name: 'a', start, values });

test('a ramp rises, a forecast goes on behind the divider', () => {
  const values = Array.from({ length: 20 }, (_, i) => i);
  const lines = [line(values), { name: 'b', start: 19, values: [19, 15, 11, 7] }];
  expect(chart({ lines, width: 40, height: 5, divider: 20 })).toMatchInlineSnapshot(`
    "19 ┤                         ⢀⣀⠤⠔⠒⠉⠢⡀
       │                   ⣀⡠⠤⠒⠊⠉⠁     ┊⠈⢢
       │            ⢀⣀⠤⠔⠒⠊⠉            ┊  ⠑⡄
       │      ⣀⡠⠤⠒⠒⠉⠁                  ┊   ⠈
     0 ┤⣀⠤⠔⠒⠊⠉                         ┊"
  `);
});

test('a flat line is drawn in the middle with one label, a single value is a dot, gaps stay gaps', () => {
  expect(chart({ lines: [line([7, 7, 7, 7])], width: 20, height: 3 })).toMatchInlineSnapshot(`
    "  │
    7 ┤⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒
      │"
  `);
  expect(chart({ lines: [line([5])], width: 20, height: 2 })).toMatchInlineSnapshot(`
    "5 ┤⡀
      │"
  `);
  expect(chart({ lines: [line([0, 1, Number.NaN, Number.NaN, 0, 1])], width: 20, height: 2 })).toMatchInlineSnapshot(`
    "1 ┤  ⡠⠊           ⡠⠊
    0 ┤⡠⠊           ⡠⠊"
  `);
  expect(chart({ lines: [line([]), line([Number.NaN])], width: 20, height: 3 })).toBe('');
});

test('whatever the values, the chart has its height and at most its width, and nothing overflows', () => {
  fc.assert(
    fc.property(fc.array(fc.double(), { maxLength: 200 }), fc.array(fc.double(), { maxLength: 20 }), (a, b) => {
      const text = chart({ lines: [line(a), line(b, a.length)], width: 60, height: 4, divider: a.length });
      expect(text === '').toBe(![...a, ...b].some(Number.isFinite));
      if (text === '') return;
      const rows = text.split('\n');
      expect(rows).toHaveLength(4);
      for (const row of rows) expect(widthOf(row)).toBeLessThanOrEqual(60);
      expect(text).toMatch(/[\u2801-\u28ff]/);
      expect(text).not.toMatch(/NaN|Infinity/);
    }),
  );
});
