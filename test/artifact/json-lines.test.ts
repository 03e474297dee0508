import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { readLines } from '../../src/artifact/json-lines.ts';
import type { Json } from '../../src/core/json.ts';
import { stableJson } from '../../src/core/json.ts';

const bytes = (text: string): Buffer => Buffer.from(text, 'utf8');

afterEach(() => vi.restoreAllMocks());

test('line by line a text is the value it was written from', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), fc.constantFrom(0, 20, 400), (value, width) => {
      for (const text of [stableJson(value, width), JSON.stringify(value), JSON.stringify(value, null, 3)])
        expect(readLines(bytes(text))).toEqual(JSON.parse(text));
    }),
  );
  const odd = '{\n  "__proto__": {\n    "a": [1, "[", "}"]\n  },\n  "é🙂\\n{": -0\n}\n';
  expect(JSON.stringify(readLines(bytes(odd)))).toBe(JSON.stringify(JSON.parse(odd)));
});

test('of an object the entries that are wanted are read, the lines of others are not', () => {
  const value = { a: 1, rows: [{ b: [2, 3] }, { c: '}' }], o: { d: { e: {} }, f: [] }, last: [[1], []] } as const;
  for (const width of [0, 400]) {
    const text = stableJson(value, width);
    for (const key of ['a', 'rows', 'o', 'last'] as const)
      expect(readLines(bytes(text), [key])).toEqual({ [key]: value[key] });
    expect(readLines(bytes(text), ['o', 'a', 'none'])).toEqual({ a: 1, o: value.o });
    expect(readLines(bytes(text.replace('"c": "}"', '"c": no JSON')), ['last'])).toEqual({ last: value.last });
  }
});

test('no string is made that is longer than a line: a text may be longer than a string can be', () => {
  const rows = Array.from({ length: 2000 }, (_, i) => ({ series: `s${i}`, value: i / 7 }));
  const whole = bytes(stableJson({ rows }, 400));
  const made: number[] = [];
  const real = Buffer.prototype.toString;
  vi.spyOn(Buffer.prototype, 'toString').mockImplementation(function (this: Buffer, ...how) {
    const text = real.apply(this, how);
    made.push(text.length);
    return text;
  });
  expect((readLines(whole) as { rows: Json }).rows).toEqual(rows);
  expect(Math.max(...made)).toBeLessThan(100);
});

test('what is cut short or no JSON is refused', () => {
  const whole = stableJson({ a: [{ b: 1 }], c: { d: 2 } });
  const lines = whole.trimEnd().split('\n');
  for (let n = 0; n < lines.length; n++)
    expect(() => readLines(bytes(lines.slice(0, n).join('\n')))).toThrow(SyntaxError);
  for (const text of ['', '\n', '{\n  1\n}', '[\n  x\n]', '{}\n{}', ']'])
    expect(() => readLines(bytes(text)), text).toThrow(SyntaxError);
});
