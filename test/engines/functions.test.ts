import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyOf, SHUFFLE, shuffle } from '../../src/core/random.ts';
import { loadAddon } from '../../src/engines/native/addon.ts';
import { wasmMap } from '../../src/engines/wasm/kernel.ts';

type Map = (which: number, x: Float32Array) => Float32Array;

const MAPS: [string, Map][] = [['wasm', wasmMap]];
const native = loadAddon();
if ('addon' in native) {
  MAPS.push([
    'native',
    (which, x) => {
      const y = new Float32Array(x.length);
      native.addon.map(which, x, y);
      return y;
    },
  ]);
}

/**
 * exp, sigmoid, tanh as the kernels define them, each with the largest error it states, in units of the last place. Sigmoids end at −43 where
 * multiply-adds are fused, else at −87.
 */
const FUNCTIONS: [string, number, (x: number) => number, number][] = [
  ['exp', 0, (x) => Math.exp(Math.min(88, Math.max(-87, x))), 1],
  ['sigmoid', 1, (x) => 1 / (1 + Math.exp(Math.min(87, Math.max(-87, -x)))), 2.5],
  ['tanh', 2, Math.tanh, 3],
];
/** What a sigmoid may be instead of less. */
const LEAST_SIGMOID = 2.2e-19;

/** Distance to the next float32 at the size of x. */
function lastPlace(x: number): number {
  const size = Math.max(Math.abs(x), 1.1754943508222875e-38);
  let place = 2 ** Math.floor(Math.log2(size));
  if (place > size) place /= 2;
  return place * 1.1920928955078125e-7;
}

describe.skipIf(!('addon' in native))('the shuffle of the native kernels', () => {
  it('is that of the program, for any seed, epoch and count', () => {
    const addon = 'addon' in native ? native.addon : undefined;
    const word = fc.integer({ min: 0, max: 0xffffffff });
    fc.assert(
      fc.property(word, word, fc.integer({ min: 0, max: 300 }), (seed, epoch, count) => {
        const [own, program] = [new Int32Array(count), new Int32Array(count)];
        addon?.shuffle(seed, keyOf(seed, SHUFFLE).k1, epoch, own);
        shuffle(seed, epoch, count, program);
        expect(own).toEqual(program);
      }),
    );
  });
});

describe.each(MAPS)('functions of the %s kernels', (_, map) => {
  it.each(FUNCTIONS)('%s is within its stated error from −100 to 100, and near 0', (_name, which, exact, most) => {
    const x = Float32Array.from({ length: 400_000 }, (_, i) => {
      if (i < 200_000) return (i - 100_000) / 1000;
      if (i < 300_000) return (i - 250_000) / 100_000;
      return (i % 2 ? 1 : -1) * 10 ** (-8 + (i - 300_000) / 12_500);
    });
    const y = map(which, x);
    let worst = 0;
    for (let i = 0; i < x.length; i++) {
      const right = exact(x[i] as number);
      if (which === 1 && right < LEAST_SIGMOID && (y[i] as number) > 0 && (y[i] as number) < LEAST_SIGMOID) continue;
      worst = Math.max(worst, Math.abs((y[i] as number) - right) / lastPlace(right));
    }
    expect(worst).toBeLessThan(most);
  });

  it.each(FUNCTIONS)('%s keeps NaN, and bounds the infinities', (_name, which, exact) => {
    const x = Float32Array.of(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 1e38, -1e38, 0, 0);
    const [nan, up, down, , large, small] = map(which, x);
    expect(nan).toBeNaN();
    expect(up).toBe(large);
    expect(down).toBe(small);
    expect(Math.abs((up as number) / exact(Number.POSITIVE_INFINITY) - 1)).toBeLessThan(1e-6);
    expect(Math.abs((down as number) - exact(Number.NEGATIVE_INFINITY))).toBeLessThan(
      [1e-37, LEAST_SIGMOID, 1e-6][which] as number,
    );
  });
});
