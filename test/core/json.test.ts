import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonPieces, stableJson } from '../../src/core/json.ts';

test('JSON.parse(stableJson(x)) is x, −0 and own keys named __proto__ included', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
      expect(JSON.parse(stableJson(value))).toEqual(value);
    }),
  );
  expect(Object.is(JSON.parse(stableJson(-0)), -0)).toBe(true);
  const strange = JSON.parse('{"__proto__": {"a": 1}, "b": 5e-324, "c": 1.7976931348623157e+308}');
  expect(stableJson(JSON.parse(stableJson(strange)))).toBe(stableJson(strange));
});

test('objects that fit into the width stand on a line each, and mean the same', () => {
  const rows = [1, 2].map((step) => ({ step, time: '2026-01', lower: { 80: step / 3 } }));
  const text = stableJson({ rows, list: [] }, 80);
  expect(text.split('\n')).toContain('    { "step": 1, "time": "2026-01", "lower": { "80": 0.3333333333333333 } },');
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), fc.nat(200), (value, width) => {
      expect(JSON.parse(stableJson(value, width))).toEqual(JSON.parse(stableJson(value)));
    }),
  );
});

test('the layout is two spaces a level, plain lists on one line, a newline at the end', () => {
  const value = {
    name: 'é\u2028',
    none: null,
    gone: undefined,
    list: [1, 2.5, 'x'],
    deep: [{ a: [] }, {}],
    o: { k: true },
  };
  expect(stableJson(value)).toMatchInlineSnapshot(`
    "{
      "name": "é ",
      "none": null,
      "list": [1, 2.5, "x"],
      "deep": [
        {
          "a": []
        },
        {}
      ],
      "o": {
        "k": true
      }
    }
    "
  `);
});

test('what JSON cannot hold is refused with its path', () => {
  for (const [value, message] of [
    [{ a: [1, { b: Number.NaN }] }, '$.a[1].b is NaN'],
    [[Number.POSITIVE_INFINITY], '$[0] is Infinity'],
    [{ a: new Float64Array(2) }, '$.a is not a JSON value: [object Float64Array]'],
    [{ a: new Map() }, '$.a is not a JSON value: [object Map]'],
    [{ a: [undefined] }, '$.a[0] is not a JSON value: [object Undefined]'],
    [{ a: 1n }, '$.a is not a JSON value: [object BigInt]'],
  ] as const)
    expect(() => stableJson(value)).toThrow(message);
});

test('piece by piece it is the same text, and refused alike', () => {
  const long = { a: 1, rows: [{ b: [1, 2] }, { c: 'x'.repeat(50) }, null], left: undefined, o: { k: [{}] }, e: [] };
  for (const width of [0, 20, 400]) {
    expect([...jsonPieces(long, width)].join('')).toBe(stableJson(long, width));
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 })), (value) => {
        expect([...jsonPieces(value, width)].join('')).toBe(stableJson(value, width));
      }),
    );
  }
  expect([...jsonPieces(long)].length).toBeGreaterThan(10);
  const deep = { by: { id: Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`s${i}`, [i]])) } };
  for (const width of [0, 400]) {
    expect([...jsonPieces(deep, width)].join('')).toBe(stableJson(deep, width));
    expect(Math.max(...[...jsonPieces(deep, width)].map(({ length }) => length))).toBeLessThan(20);
  }
  expect(() => [...jsonPieces({ a: [{ b: Number.NaN }] })]).toThrow('$.a[0].b is NaN');
});
