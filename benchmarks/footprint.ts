// What long work costs in memory, in a process of its own: training on a long series, many fits after each other, many windows at once.
// In: series | fits | windows, an engine's kind. Out: one JSON line in MiB. Usage: node --expose-gc --import tsx benchmarks/footprint.ts …

import { nextTurn } from '../src/core/turn.ts';
import { START, type TrainRequest, type Windows } from '../src/engines/engine.ts';
import { ENGINES } from '../src/engines/index.ts';
import { lstmRegressor } from '../src/models/lstm-regressor.ts';
import { initialWeights } from '../src/models/weights.ts';
import { cut } from '../src/window/cuts.ts';
import { forgetPeak, mebibytes } from './memory.ts';

const [what, kind] = process.argv.slice(2) as [string, string];
const engine = ENGINES[kind];
const collect = (): void => globalThis.gc?.();

/** A long sine: no draws, so that making it leaves nothing behind. */
function series(length: number, context: number): Windows {
  const values = new Float64Array(length);
  for (let i = 0; i < length; i++) values[i] = Math.sin(i / 7);
  const segments = [{ start: 0, end: length }];
  const shape = { context, horizon: 1, lead: 0, targets: 'last', pad: 'none', mask: false } as const;
  const sequence = { length, segments, targets: [values], past: [], future: [], tokens: null };
  return { sequence, shape, cuts: cut(segments, shape, { kind: 'sliding', stride: 1 }) };
}

async function compile(units: number, { shape }: Windows) {
  const task = { window: shape, targets: 1, past: 0, future: 0, tokens: null };
  const network = lstmRegressor.build(lstmRegressor.options.parse({ units }) as never, task);
  if (!engine) throw new Error(`there is no engine "${kind}"`);
  return await engine.compile(network, initialWeights(network, 7));
}

function request(training: Windows, epochs: number): TrainRequest {
  const optimizer = { kind: 'adam', rate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 } as const;
  const schedule = { kind: 'constant' } as const;
  const fixed = { validation: null, seed: 7, batch: 32, shuffle: true, clip: null, from: START };
  return { ...fixed, training, optimizer, schedule, epochs, until: epochs };
}

/** Growth over what the program holds after a small training, on a series of so many rows; some seconds of the first epoch. */
async function long(rows: number): Promise<object> {
  const small = series(2000, 168);
  const first = await compile(32, small);
  await first.train(request(small, 1));
  first.dispose();
  collect();
  forgetPeak();
  const before = mebibytes('rss');
  const windows = series(rows, 168);
  const compiled = await compile(32, windows);
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), 4000);
  const { position, stopped } = await compiled.train({ ...request(windows, 1), signal: stop.signal });
  clearTimeout(timer);
  if (stopped !== 'aborted' || position.step === 0) throw new Error(`${stopped} after ${position.step} steps`);
  const growth = mebibytes('peak') - before;
  return { growth, own: (rows * 8) / 2 ** 20, steps: position.step };
}

/** Resident memory after a fifth of the fits and after all; every other network is left to be collected. */
async function fits(count: number): Promise<object> {
  const windows = series(200, 24);
  let early = 0;
  for (let fit = 1; fit <= count; fit++) {
    const compiled = await compile(32, windows);
    await compiled.train(request(windows, 1));
    if (fit % 2 === 0) compiled.dispose();
    if (fit === count / 5) early = await resident();
  }
  return { early, growth: (await resident()) - early };
}

/** Resident memory once all that was dropped is gone: networks are freed in a turn after the one that collects them. */
async function resident(): Promise<number> {
  collect();
  await nextTurn();
  collect();
  await nextTurn();
  return mebibytes('rss');
}

/** So many windows in one call. */
async function windows(count: number): Promise<object> {
  const all = series(count + 24, 24);
  const compiled = await compile(32, all);
  const some = { ...all, cuts: cut([{ start: 0, end: 5000 }], all.shape, { kind: 'sliding', stride: 1 }) };
  await compiled.predict(some);
  collect();
  forgetPeak();
  const before = mebibytes('rss');
  const started = performance.now();
  const outputs = await compiled.predict(all);
  const seconds = (performance.now() - started) / 1000;
  if (outputs.length !== count) throw new Error(`${outputs.length} outputs`);
  return { seconds, growth: mebibytes('peak') - before };
}

const works: { readonly [what: string]: () => Promise<object> } = {
  series: () => long(5_000_000),
  fits: () => fits(1000),
  windows: () => windows(1_000_000),
};
console.log(JSON.stringify(await (works[what] as () => Promise<object>)()));
process.exit(0);
