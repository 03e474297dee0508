import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeTensors, encodeTensors } from '../../src/artifact/safetensors.ts';
import { ForecastError } from '../../src/core/errors.ts';
import type { Tensor } from '../../src/core/tensor.ts';

/** A file by hand: header text (padded only if asked), then bytes. */
function file(header: string, data: Uint8Array = new Uint8Array(0)): Uint8Array {
  const text = Buffer.from(header);
  const bytes = Buffer.alloc(8 + text.length + data.length);
  bytes.writeBigUInt64LE(BigInt(text.length), 0);
  text.copy(bytes, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
}

function fault(bytes: Uint8Array): string {
  try {
    decodeTensors(bytes, 'weights.safetensors');
  } catch (error) {
    if (!(error instanceof ForecastError)) throw error;
    expect(error.exit).toBe(7);
    expect(error.where).toBe('weights.safetensors');
    return `${error.code} ${error.message}`;
  }
  return 'no error';
}

const entry = (shape: string, start: number, end: number, dtype = 'F32'): string =>
  `{"dtype":"${dtype}","shape":${shape},"data_offsets":[${start},${end}]}`;

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
const tensor: fc.Arbitrary<Tensor> = fc
  .tuple(
    fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }),
    fc.boolean(),
    fc.array(finite, { minLength: 64, maxLength: 64 }),
  )
  .map(([shape, single, values]) => {
    const size = shape.reduce((a, b) => a * b, 1);
    const data = Float64Array.from(values.slice(0, size));
    return { shape, data: single ? Float32Array.from(data.map((v) => v % 1e30)) : data };
  });
const names = fc.oneof(
  fc.string(),
  fc.constantFrom('__proto__', 'constructor', '2', '1', 'lstm/kernel', '"', 'é\u2028'),
);
const tensorMaps = fc
  .uniqueArray(fc.tuple(names, tensor), { selector: ([name]) => name, maxLength: 6 })
  .map((entries) => new Map(entries.filter(([name]) => name !== '__metadata__')));

test('decode(encode(x)) is x to the bit, in the same order', () => {
  fc.assert(
    fc.property(tensorMaps, (tensors) => {
      const bytes = encodeTensors(tensors);
      const decoded = decodeTensors(bytes, 'x');
      expect([...decoded.keys()]).toEqual([...tensors.keys()]);
      for (const [name, { shape, data }] of tensors) {
        const found = decoded.get(name)!;
        expect(found.shape).toEqual(shape);
        expect(found.data.constructor).toBe(data.constructor);
        expect(Buffer.from(found.data.buffer).equals(Buffer.from(data.buffer, data.byteOffset, data.byteLength))).toBe(
          true,
        );
      }
      expect(Number(Buffer.from(bytes).readBigUInt64LE(0)) % 8).toBe(0);
    }),
  );
});

test('the bytes are those of the format', () => {
  const bytes = encodeTensors(new Map([['w', { shape: [1, 2], data: Float32Array.of(1, -2) }]]));
  const header = '{"w":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}';
  expect(Buffer.from(bytes)).toEqual(Buffer.from(file(header, Uint8Array.of(0, 0, 128, 63, 0, 0, 0, 192))));
});

test('bytes that stand anywhere in a larger buffer are read', () => {
  const bytes = encodeTensors(new Map([['w', { shape: [1], data: Float64Array.of(0.1) }]]));
  const larger = new Uint8Array(bytes.length + 3);
  larger.set(bytes, 3);
  expect(decodeTensors(larger.subarray(3), 'x').get('w')?.data).toEqual(Float64Array.of(0.1));
});

test('texts that another program put into the header are passed over', () => {
  const header = `{"__metadata__":{"format":"pt"},"w":${entry('[1]', 0, 4)}}`;
  expect([...decodeTensors(file(header, new Uint8Array(4)), 'x').keys()]).toEqual(['w']);
});

test('a weight that is no number is refused on the way out', () => {
  const bad = new Map([['w', { shape: [2], data: Float64Array.of(1, Number.NaN) }]]);
  expect(() => encodeTensors(bad)).toThrow('tensor "w" holds NaN at 1');
});

describe('every rule is checked', () => {
  const zeros = (n: number): Uint8Array => new Uint8Array(n);
  const huge = Buffer.alloc(16);
  huge.writeBigUInt64LE(2n ** 63n);
  const nan = Uint8Array.of(0, 0, 192, 127);
  test.each<[string, Uint8Array, string]>([
    ['no header', zeros(7), 'E_MODEL_HEADER expected at least 8 bytes, found 7'],
    ['endless header', huge, 'E_MODEL_HEADER header of 9223372036854775808 bytes, at most 100000000'],
    ['header longer than the file', file('{}').subarray(0, 9), 'E_MODEL_HEADER header of 2 bytes in a file of 9'],
    ['not JSON', file('{"a"'), 'E_MODEL_HEADER the header is not JSON: unexpected end at 4'],
    ['a list', file('[]'), 'E_MODEL_HEADER the header is not an object'],
    ['text behind the header', file('{} x'), 'E_MODEL_HEADER the header is not JSON: unexpected "x" at 3'],
    [
      'bad UTF-8',
      file('\u0000').fill(255, 8),
      'E_MODEL_HEADER the header is not JSON: The encoded data was not valid for encoding utf-8',
    ],
    ['deep nesting', file('['.repeat(100000)), 'E_MODEL_HEADER the header is not JSON: deeper than 8 levels at 9'],
    [
      'duplicate name',
      file(`{"a":${entry('[0]', 0, 0)},"a":${entry('[0]', 0, 0)}}`),
      'E_MODEL_HEADER the header is not JSON: duplicate key "a"',
    ],
    ['unknown key', file('{"a":{"url":"x"}}'), 'E_MODEL_HEADER tensor "a" has an unknown key "url"'],
    ['metadata that is no text', file('{"__metadata__":{"a":1}}'), 'E_MODEL_HEADER __metadata__ "a" is not a string'],
    [
      'fewer values than the shape',
      file(`{"w":${entry('[56,56]', 0, 176)}}`, zeros(176)),
      'E_MODEL_SHAPE tensor "w": expected 3136 values, found 44',
    ],
    [
      'shape beyond memory',
      file(`{"w":${entry('[1000000,1000000,1000000]', 0, 4)}}`, zeros(4)),
      'E_MODEL_SHAPE tensor "w" has the shape [1000000,1000000,1000000]',
    ],
    [
      'shape that wraps around',
      file(`{"w":${entry('[4294967296,4294967296]', 0, 0)}}`),
      'E_MODEL_SHAPE tensor "w" has the shape [4294967296,4294967296]',
    ],
    ['negative shape', file(`{"w":${entry('[-1]', 0, 4)}}`, zeros(4)), 'E_MODEL_SHAPE tensor "w" has the shape [-1]'],
    [
      'fraction in the shape',
      file(`{"w":${entry('[0.5]', 0, 2)}}`, zeros(2)),
      'E_MODEL_SHAPE tensor "w" has the shape [0.5]',
    ],
    [
      'infinite shape',
      file(`{"w":${entry('[1e999]', 0, 4)}}`, zeros(4)),
      'E_MODEL_SHAPE tensor "w" has the shape [Infinity]',
    ],
    [
      'foreign type',
      file(`{"w":${entry('[1]', 0, 8, 'I64')}}`, zeros(8)),
      'E_MODEL_LAYOUT tensor "w" has type "I64"; expected F32 or F64',
    ],
    ['negative offset', file(`{"w":${entry('[1]', -4, 0)}}`), 'E_MODEL_LAYOUT tensor "w" has the offsets [-4,0]'],
    [
      'offsets backwards',
      file(`{"w":${entry('[1]', 4, 0)}}`, zeros(4)),
      'E_MODEL_LAYOUT tensor "w" has the offsets [4,0]',
    ],
    [
      'a hole',
      file(`{"a":${entry('[1]', 0, 4)},"b":${entry('[1]', 8, 12)}}`, zeros(12)),
      'E_MODEL_LAYOUT tensor "b" starts at byte 8; expected 4',
    ],
    [
      'an overlap',
      file(`{"a":${entry('[2]', 0, 8)},"b":${entry('[1]', 4, 8)}}`, zeros(8)),
      'E_MODEL_LAYOUT tensor "b" starts at byte 4; expected 8',
    ],
    [
      'extra bytes',
      file(`{"w":${entry('[1]', 0, 4)}}`, zeros(5)),
      'E_MODEL_LAYOUT expected 4 bytes of values, found 5',
    ],
    [
      'missing bytes',
      file(`{"w":${entry('[1]', 0, 4)}}`, zeros(3)),
      'E_MODEL_LAYOUT expected 4 bytes of values, found 3',
    ],
    ['a NaN weight', file(`{"w":${entry('[1]', 0, 4)}}`, nan), 'E_MODEL_LAYOUT tensor "w" holds NaN at 0'],
  ])('%s', (_, bytes, message) => expect(fault(bytes)).toBe(message));
});

test('tensors by the ten thousand, as the networks of a panel have, come back', () => {
  const name = (i: number): string => `series ${i} / lstm-regressor seed 7/cell/kernel`;
  const many = new Map(Array.from({ length: 20_000 }, (_, i) => [name(i), { shape: [1], data: Float32Array.of(i) }]));
  const tensors = decodeTensors(encodeTensors(many), 'weights.safetensors');
  expect([tensors.size, tensors.get(name(19_999))?.data[0]]).toEqual([20_000, 19_999]);
});

test('no mutation crashes the reader: a known error, or tensors of finite values', () => {
  const good = encodeTensors(
    new Map([
      ['a', { shape: [2, 2], data: Float64Array.of(1, 2, 3, 4) }],
      ['b', { shape: [3], data: Float32Array.of(1, 2, 3) }],
    ]),
  );
  for (let length = 0; length < good.length; length++) expect(fault(good.subarray(0, length))).toMatch(/^E_MODEL_/);
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }), (changes) => {
      const bytes = good.slice();
      for (const [at, value] of changes) bytes[at] = value;
      expect(fault(bytes)).toMatch(/^(E_MODEL_|no error)/);
    }),
    { numRuns: 3000 },
  );
});
