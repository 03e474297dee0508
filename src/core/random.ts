// Every random number of the program: a counter-based generator (Philox 4x32-10), keyed by (seed, purpose).
// In: a seed, a purpose and a counter. Out: 32-bit words, uniforms, normals. Not here: any state shared between callers.

// Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3" (SC 2011); constants as published there.
const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;

export interface Key {
  readonly k0: number;
  readonly k1: number;
}

/** The key of one purpose ("shuffle", "dropout/1", "init", "sample") under one seed (0 … 2^32 − 1). */
export function keyOf(seed: number, purpose: string): Key {
  return { k0: seed >>> 0, k1: hash32(purpose) };
}

/** Four 32-bit words at counter (c0, c1, c2, c3), written into `out`. */
export function philox(key: Key, c0: number, c1: number, c2: number, c3: number, out: Uint32Array): void {
  let k0 = key.k0;
  let k1 = key.k1;
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, c0);
    const high1 = multiplyHigh(MULTIPLIER_1, c2);
    const low0 = Math.imul(MULTIPLIER_0, c0);
    const low1 = Math.imul(MULTIPLIER_1, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + WEYL_0) | 0;
    k1 = (k1 + WEYL_1) | 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/** High 32 bits of an unsigned 32 × 32 product, from 16-bit halves (no BigInt in the hot path). */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carry = aLow * bHigh + (middle % 0x10000);
  return (aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(carry / 0x10000)) >>> 0;
}

/** FNV-1a: a stable 32-bit number for a purpose's name. */
function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** A sequential stream of random numbers. */
export interface Random {
  /** Uniform in [0, 1), 53 bits. */
  next(): number;
  /** Standard normal (Box–Muller). */
  normal(): number;
  /** Uniform integer in [0, n). */
  integer(n: number): number;
}

/** The stream of one purpose. Same seed and purpose: the same numbers, on every machine. */
export function random(seed: number, purpose: string): Random {
  const key = keyOf(seed, purpose);
  const block = new Uint32Array(4);
  let drawn = 0;
  let filled = -1;
  const word = (): number => {
    const index = Math.floor(drawn / 4);
    if (index !== filled) {
      philox(key, index >>> 0, Math.floor(index / 4294967296), 0, 0, block);
      filled = index;
    }
    return block[drawn++ % 4] as number;
  };
  const next = (): number => ((word() >>> 5) * 67108864 + (word() >>> 6)) / 9007199254740992;
  return {
    next,
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    integer: (n) => Math.floor(next() * n),
  };
}

/** The purpose of the words that `shuffle` draws. */
export const SHUFFLE = 'shuffle';

/** `shuffle`, or what gives the same. */
export type Shuffle = typeof shuffle;

/**
 * The order in which `count` windows are visited in `epoch`: Fisher–Yates driven by the counter-based generator,
 * so that every engine and every resumed run sees the same order. Writes 0 … count − 1 into `order`.
 */
export function shuffle(seed: number, epoch: number, count: number, order: Int32Array): void {
  const key = keyOf(seed, SHUFFLE);
  const block = new Uint32Array(4);
  for (let i = 0; i < count; i++) order[i] = i;
  for (let i = count - 1; i > 0; i--) {
    philox(key, i, epoch, 0, 0, block);
    const j = Math.floor(((block[0] as number) / 4294967296) * (i + 1));
    const swapped = order[i] as number;
    order[i] = order[j] as number;
    order[j] = swapped;
  }
}
