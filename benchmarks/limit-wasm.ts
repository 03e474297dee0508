// The limit of 128-bit WebAssembly: bare matrix products in registers and first cache, multiplications and additions apart (there is no
// fused one), the fastest of several shapes, on as many threads as asked. In: a line with a number of threads. Out: a line
// {"ok":true,"rate":GFLOP/s of all threads together}, as limit.cpp does. Not here: anything of the engine's own kernels.

import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';
import { type WasmModule, WebAssembly } from '../src/engines/wasm/webassembly.ts';

/** Rows of A and vectors of B whose sums stay in registers: V8 has 15 for values. */
const SHAPES: readonly (readonly [rows: number, vectors: number])[] = [
  [2, 4],
  [4, 2],
  [3, 2],
  [2, 3],
];
/** Steps of a product: A and B stay in the first cache. */
const STEPS = 128;
const LANES = 4;

// ---- the binary format

const [I32, V128] = [0x7f, 0x7b];
const [LOOP, BR_IF, END, GET, SET, TEE, CONST, LESS, ADD, SUB] = [
  0x03, 0x0d, 0x0b, 0x20, 0x21, 0x22, 0x41, 0x49, 0x6a, 0x6b,
];
const EMPTY = 0x40;
const LOAD = [0xfd, 0x00];
const LOAD_SPLAT = [0xfd, 0x09];
const STORE = [0xfd, 0x0b];
const ZEROS = [0xfd, 0x0c, ...new Array<number>(16).fill(0)];
const FLOATS_ADD = [0xfd, 0xe4, 0x01];
const FLOATS_MULTIPLY = [0xfd, 0xe6, 0x01];

/** LEB128, signed: what is below 64 is the same unsigned. */
function count(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7) {
    if (rest >= -64 && rest < 64) return [...bytes, rest & 0x7f];
    bytes.push((rest & 0x7f) | 0x80);
  }
}
/** LEB128, unsigned. */
function size(value: number): number[] {
  return value < 128 ? [value] : [(value & 0x7f) | 0x80, ...size(value >> 7)];
}
function section(id: number, ...content: readonly number[]): number[] {
  return [id, ...size(content.length), ...content];
}

/** A module of one function `run(times)`: so many products of a shape. B at 0, A behind it, the sums behind that. */
function moduleOf([rows, vectors]: readonly [number, number]): Uint8Array<ArrayBuffer> {
  const [times, a, b] = [0, 1, 2]; // locals
  const values = (r: number): number => 3 + r;
  const column = 3 + rows;
  const sum = (r: number, v: number): number => column + 1 + r * vectors + v;
  const step = vectors * LANES * 4;
  const [behindB, behindA] = [STEPS * step, STEPS * (step + rows * 4)];
  const each = <T>(n: number, make: (i: number) => readonly T[]): T[] =>
    Array.from({ length: n }, (_, i) => make(i)).flat();
  const sums = (make: (r: number, v: number) => readonly number[]): number[] =>
    each(rows, (r) => each(vectors, (v) => make(r, v)));
  const product = [
    ...each(rows, (r) => [GET, a, ...LOAD_SPLAT, 2, ...size(behindB + r * STEPS * 4), SET, values(r)]),
    ...each(vectors, (v) => [
      ...[GET, b, ...LOAD, 4, ...size(v * 16), SET, column],
      ...each(rows, (r) => [
        ...[GET, sum(r, v), GET, values(r), GET, column, ...FLOATS_MULTIPLY, ...FLOATS_ADD, SET, sum(r, v)],
      ]),
    ]),
  ];
  const body = [
    ...[2, 2, I32, ...size(1 + rows + rows * vectors), V128],
    ...[LOOP, EMPTY],
    ...sums((r, v) => [...ZEROS, SET, sum(r, v)]),
    ...[CONST, 0, SET, a, CONST, 0, SET, b],
    ...[LOOP, EMPTY, ...product],
    ...[GET, a, CONST, ...count(4), ADD, SET, a],
    ...[GET, b, CONST, ...count(step), ADD, TEE, b, CONST, ...count(STEPS * step), LESS, BR_IF, 0, END],
    ...sums((r, v) => [CONST, 0, GET, sum(r, v), ...STORE, 4, ...size(behindA + (r * vectors + v) * 16)]),
    ...[GET, times, CONST, 1, SUB, TEE, times, BR_IF, 0, END],
    END,
  ];
  const name = Array.from('run', (letter) => letter.charCodeAt(0));
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, 1, 0x60, 1, I32, 0),
    ...section(3, 1, 0),
    ...section(5, 1, 0, 1),
    ...section(7, 1, name.length, ...name, 0, 0),
    ...section(10, 1, ...size(body.length), ...body),
  ]);
}

// ---- threads

interface Asked {
  readonly module: WasmModule;
  readonly threads: number;
  readonly seconds: number;
  /** Threads that are ready, in its first word. */
  readonly ready: Int32Array;
}

/** Products a second of one thread, while all are at work. */
const THREAD = `
const { parentPort } = require('node:worker_threads');
parentPort.on('message', ({ module, threads, seconds, ready }) => {
  const { run } = new WebAssembly.Instance(module).exports;
  for (let i = 0; i < 100; i++) run(50);
  Atomics.add(ready, 0, 1);
  while (Atomics.load(ready, 0) < threads);
  const start = performance.now();
  let [spent, products] = [0, 0];
  for (; spent < seconds * 1000; spent = performance.now() - start, products += 100) run(100);
  parentPort.postMessage((products / spent) * 1000);
});`;

const crew: Worker[] = [];

async function rate(
  shape: readonly [number, number],
  module: WasmModule,
  threads: number,
  seconds: number,
): Promise<number> {
  while (crew.length < threads) crew.push(new Worker(THREAD, { eval: true }));
  const asked: Asked = { module, threads, seconds, ready: new Int32Array(new SharedArrayBuffer(4)) };
  const rates = crew.slice(0, threads).map(async (thread) => {
    const answer = new Promise<number>((resolve) => thread.once('message', resolve));
    thread.postMessage(asked);
    return await answer;
  });
  const products = (await Promise.all(rates)).reduce((sum, one) => sum + one, 0);
  return (products * 2 * shape[0] * shape[1] * LANES * STEPS) / 1e9;
}

const shapes = SHAPES.map((shape) => ({ shape, module: new WebAssembly.Module(moduleOf(shape)) }));
let best = shapes[0] as (typeof shapes)[number];
let most = 0;
for (let round = 0; round < 3; round++) {
  for (const one of shapes) {
    const found = await rate(one.shape, one.module, 1, 0.01);
    if (found > most) [most, best] = [found, one];
  }
}
const say = (found: number): void => console.log(`{"ok":true,"rate":${found.toFixed(2)}}`);
say(most);
for await (const line of createInterface({ input: process.stdin })) {
  const threads = Math.max(1, Math.min(64, Number.parseInt(line, 10) || 1));
  say(await rate(best.shape, best.module, threads, 0.03));
}
process.exit(0);
