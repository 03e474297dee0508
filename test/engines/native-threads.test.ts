import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it } from 'vitest';
import { Interrupted } from '../../src/core/errors.ts';
import { type Compiled, START, type TrainRequest, type Windows } from '../../src/engines/engine.ts';
import { loadAddon } from '../../src/engines/native/addon.ts';
import { native } from '../../src/engines/native/index.ts';
import type { Network } from '../../src/models/network.ts';
import { cutsAt, takeCuts } from '../../src/window/cuts.ts';
import { build, numbers, roughWeights, shape, task, tokens, windows } from './harness.ts';

const exec = promisify(execFile);
const loaded = loadAddon();
const threads = 'addon' in loaded ? loaded.addon.threads(0) : 0;
const limit = (count: number) => 'addon' in loaded && loaded.addon.threads(count);

interface Subject {
  readonly name: string;
  readonly network: Network;
  readonly all: Windows;
  readonly batch: number;
}

const series = (units: number, batch: number, options: object = {}): Subject => {
  const sequence = numbers(700, { past: 1 });
  const window = shape({ context: 24, horizon: 2 });
  const all = windows(sequence, window);
  const network = build('lstm-regressor', { units, ...options }, task(sequence, window));
  return { name: `${units} units, batch ${batch}, ${JSON.stringify(options)}`, network, all, batch };
};
const words = (batch: number): Subject => {
  const sequence = tokens(700, 300, true);
  const window = shape({ context: 16 });
  const layers = [{ kind: 'gru', units: 40, bidirectional: true }];
  const network = build('language-model', { embedding: 20, layers, dropout: 0.2 }, task(sequence, window));
  return { name: `words, batch ${batch}`, network, all: windows(sequence, window), batch };
};
/** A head of ten outputs. */
const heads = (units: number, batch: number): Subject => {
  const sequence = numbers(700);
  const window = shape({ context: 24, horizon: 10 });
  const network = build('lstm-regressor', { units }, task(sequence, window));
  return { name: 'ten outputs', network, all: windows(sequence, window), batch };
};
/** Windows of 48 steps, and fifty of 24. */
const lengths = (units: number, batch: number): Subject => {
  const sequence = numbers(700);
  const window = shape({ context: 48 });
  const cutoffs = Array.from({ length: 640 }, (_, i) => 48 + i);
  const cuts = cutsAt(
    cutoffs,
    cutoffs.map((cutoff, i) => cutoff - (i % 13 === 0 ? 24 : 48)),
  );
  const network = build('lstm-regressor', { units }, task(sequence, window));
  return { name: 'two lengths', network, all: { sequence, shape: window, cuts }, batch };
};
const SUBJECTS = [
  series(40, 37),
  series(70, 128, { dropout: 0.3 }),
  series([48, 33] as never, 300),
  series(64, 17, { cell: 'gru', bidirectional: true }),
  words(64),
  words(99),
  words(30),
];

const request = ({ all, batch }: Subject, changes: Partial<TrainRequest> = {}): TrainRequest => ({
  training: all,
  validation: all.cuts,
  seed: 5,
  batch,
  shuffle: true,
  optimizer: { kind: 'adam', rate: 0.003, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 },
  schedule: { kind: 'constant' },
  clip: 0.7,
  epochs: 2,
  from: START,
  until: 2,
  ...changes,
});

function hashOf(compiled: Compiled, outputs: Float64Array): string {
  const hash = createHash('sha256').update(outputs);
  for (const { data } of compiled.weights().values()) hash.update(Float32Array.from(data));
  for (const { data } of compiled.optimizer().moments.values()) hash.update(Float32Array.from(data));
  return hash.digest('hex');
}

const open = ({ network }: Subject) => native.compile(network, roughWeights(network));

async function trained(subject: Subject) {
  const compiled = await open(subject);
  const { records } = await compiled.train(request(subject));
  const outputs = await compiled.predict(subject.all);
  const found = { hash: hashOf(compiled, outputs), records };
  compiled.dispose();
  return found;
}

afterEach(() => limit(threads));

describe.skipIf(!('addon' in loaded))('threads of the native engine', () => {
  it.each(SUBJECTS.map((s) => [s.name, s] as const))(
    'one, two and four give the same bytes: %s',
    async (_, subject) => {
      limit(1);
      const one = await trained(subject);
      for (const count of [2, 4]) {
        limit(count);
        expect(await trained(subject)).toEqual(one);
      }
    },
  );

  // Two threads keep a small network twice: both sides have to go the same way.
  const small = series(24, 64);
  const wideHead = heads(24, 83); // 3 windows are left for the last batch, fewer rows than the head's weights are worth
  it.each<[string, Subject, Partial<TrainRequest>]>([
    ['sgd', small, { optimizer: { kind: 'sgd', rate: 0.01, momentum: 0.9 }, clip: null }],
    ['rmsprop', small, { optimizer: { kind: 'rmsprop', rate: 0.001, rho: 0.9, epsilon: 1e-7 } }],
    [
      'adamw',
      small,
      { optimizer: { kind: 'adamw', rate: 0.003, beta1: 0.9, beta2: 0.99, epsilon: 1e-7, decay: 0.01 } },
    ],
    ['batches of one shard after those of two', series(24, 83), {}],
    ['a last batch of a few rows', wideHead, {}],
    ['batches of two shards beside those of eight', lengths(24, 300), {}],
  ])('one and two end in the same bytes, epoch by epoch or at once: %s', async (_, subject, changes) => {
    const ends = [];
    for (const [count, calls] of [
      [1, 1],
      [2, 1],
      [2, 3],
    ] as const) {
      limit(count);
      const compiled = await open(subject);
      for (let call = 0; call < calls; call++) {
        const [epoch, until] = calls === 1 ? [1, 3] : [call + 1, call + 1];
        await compiled.train(request(subject, { epochs: 3, from: { ...START, epoch }, until, ...changes }));
      }
      ends.push(hashOf(compiled, await compiled.predict(subject.all)));
      compiled.dispose();
    }
    expect(new Set(ends).size).toBe(1);
  });

  it('a step that is not finite changes nothing on either side', async () => {
    const subject = series(24, 64);
    const { sequence } = subject.all;
    const target = Float64Array.from(sequence.targets[0] as ArrayLike<number>);
    target[600] = 1e300;
    const spoiled = { ...subject.all, sequence: { ...sequence, targets: [target] } };
    const reports = [];
    for (const count of [1, 2]) {
      limit(count);
      const compiled = await open(subject);
      const report = await compiled.train(request({ ...subject, all: spoiled }, { validation: null }));
      expect(report.stopped).toBe('nonfinite');
      await compiled.train(request(subject));
      reports.push({ report, hash: hashOf(compiled, await compiled.predict(subject.all)) });
      compiled.dispose();
    }
    expect(reports[1]).toEqual(reports[0]);
  });

  it.each([
    ['the caller’s', 4],
    ['its own', 256],
  ])(
    'on %s thread, numbers too small for full precision become zero, and stay what they are for the caller',
    async (_, units) => {
      const subject = series(units, 100);
      const { sequence } = subject.all;
      const all = { ...subject.all, sequence: { ...sequence, targets: [new Float64Array(sequence.length)] } };
      const compiled = await open(subject);
      const every = (value: number) =>
        [...compiled.weights()].map(
          ([name, { shape, data }]) => [name, { shape, data: data.map(() => value) }] as const,
        );
      const least = 1.18e-38; // hardly more than the least of full precision
      const moments = new Map(
        every(least).flatMap(([name, value]) => ['m', 'v'].map((which) => [`${name}#${which}`, value])),
      );
      compiled.restore(new Map(every(0)), { steps: 0, moments });
      const report = await compiled.train(request({ ...subject, all })); // no error, no gradient: moments fade
      expect(report.stopped).toBe('done');
      const left = [...compiled.optimizer().moments.values()].flatMap(({ data }) => [...data]);
      expect(left.filter((value) => value > 0 && value < 2 ** -126)).toEqual([]);
      expect([Number.MIN_VALUE, 1e-310].map((value) => value * Number(compiled.optimizer().steps > 0))).toEqual([
        Number.MIN_VALUE,
        1e-310,
      ]);
      compiled.dispose();
    },
  );

  it('networks trained at once give what each gives alone', async () => {
    const alone = [];
    for (const subject of SUBJECTS) alone.push(await trained(subject));
    limit(3);
    expect(await Promise.all(SUBJECTS.map(trained))).toEqual(alone);
  });

  it('a step that is stopped in the middle has changed nothing', async () => {
    const subject = series(128, 500);
    const compiled = await open(subject);
    const weights = () => [...compiled.weights().values()].map(({ data }) => [...data]);
    const before = weights();
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 2);
    const report = await compiled.train(
      request(subject, { signal: stop.signal, batch: 677, epochs: 1, until: 1, validation: null }),
    );
    if (report.stopped === 'aborted') expect(weights()).toEqual(before);
    else expect(weights()).not.toEqual(before);
    const again = await compiled.train(request(subject));
    expect(again.stopped).toBe('done');
  });

  it('a validation, an evaluation and a prediction of one batch end in the middle of it', async () => {
    const subject = series(256, 700);
    const cuts = {
      ranges: Array.from({ length: 60 }, () => subject.all.cuts.ranges).flat(),
      count: 60 * subject.all.cuts.count,
    };
    const all = { ...subject.all, cuts };
    const compiled = await open(subject);
    const before = await compiled.predict(subject.all);
    const soon = (): AbortSignal => {
      const stop = new AbortController();
      setTimeout(() => stop.abort(), 5);
      return stop.signal;
    };
    // A pass asks its signal between batches, and there is one batch.
    await expect(compiled.evaluate(all, cuts.count, soon())).rejects.toBeInstanceOf(Interrupted);
    await expect(compiled.predict(all, soon())).rejects.toBeInstanceOf(Interrupted);
    const few = { ...subject.all, cuts: takeCuts(subject.all.cuts, 0, 10) };
    const trained = await compiled.train(
      request({ ...subject, all: few, batch: cuts.count }, { validation: cuts, until: 1, signal: soon() }),
    );
    expect(trained).toMatchObject({ stopped: 'aborted', records: [] });
    compiled.restore(roughWeights(subject.network));
    expect(await compiled.predict(subject.all)).toEqual(before);
    compiled.dispose();
  });

  it('the collector of garbage is told of every buffer; one network alone keeps those of training', async () => {
    const subject = series(128, 512);
    const once = { validation: null, until: 1 };
    const gates = 24 * 4 * 128 * 4; // bytes of a window
    const tiles = 8 * 32 * gates;
    const told = () => ('addon' in loaded ? loaded.addon.told() : 0);
    const grown = (from: number) => told() - from;
    setFlagsFromString('--expose-gc');
    (runInNewContext('gc') as () => void)(); // networks of other tests that nobody disposed of end now, not in the middle
    await new Promise(setImmediate);
    const [first, second] = [await open(subject), await open(subject)];
    const made = told();
    await first.train(request(subject, once));
    expect(grown(made)).toBeGreaterThan(tiles);
    const trainedOne = told();
    await second.train(request(subject, once));
    expect(Math.abs(grown(trainedOne))).toBeLessThan(tiles / 4);
    await first.train(request(subject, { ...once, from: { ...START, epoch: 2 }, until: 2 }));
    expect(Math.abs(grown(trainedOne))).toBeLessThan(tiles / 4);
    first.dispose();
    second.dispose();
    expect(grown(made)).toBeLessThan(0);
  });

  it('a network disposed of while it trains ends its training with an error; reads wait', async () => {
    const subject = series(128, 256);
    const compiled = await open(subject);
    const training = compiled.train(request(subject, { epochs: 1e6, until: 1e6 })).then(
      () => 'done',
      (error) => (error as Error).message,
    );
    await new Promise((go) => setTimeout(go, 20));
    expect([...compiled.weights().values()].every(({ data }) => data.every(Number.isFinite))).toBe(true);
    compiled.dispose();
    expect(await training).toMatch(/disposed/);
    expect(() => compiled.weights()).toThrow(/disposed/);
  });

  // The address sanitizer holds freed memory back, to see whoever still uses it.
  const held = /asan/.test(process.env.LD_PRELOAD ?? '');
  it.skipIf(held)(
    'a thousand networks, disposed of or dropped, on the thread and off it, leave no memory behind',
    async () => {
      const url = (path: string) => JSON.stringify(new URL(`../../${path}`, import.meta.url).href);
      const script = `
      const { loadAddon } = await import(${url('src/engines/native/addon.ts')});
      const { nativeKernels } = await import(${url('src/engines/native/kernel.ts')});
      const { compileWith } = await import(${url('src/engines/compiled/compiled.ts')});
      const { build, numbers, roughWeights, shape, task, windows } = await import(${url('test/engines/harness.ts')});
      const all = windows(numbers(100), shape());
      const network = build('lstm-regressor', { units: 32 }, task(all.sequence, shape()));
      const weights = roughWeights(network);
      const request = { training: all, validation: null, seed: 1, batch: 32, shuffle: true, optimizer: { kind: 'sgd', rate: 0.1, momentum: 0 },
        schedule: { kind: 'constant' }, clip: null, epochs: 1, from: { epoch: 1, step: 0, lossSum: 0, correct: 0, weight: 0 }, until: 1 };
      const { addon } = loadAddon();
      const places = [nativeKernels(addon), nativeKernels(addon, { later: 0, laterInACrowd: 0, together: 0 })];
      const at = [];
      for (let i = 0; i < 1000; i++) {
        const compiled = compileWith(places[i % 2], network, weights);
        await compiled.train(request);
        if (i % 4 < 2) compiled.dispose();
        await new Promise((resolve) => setImmediate(resolve));
        if (i >= 400) at.push(process.memoryUsage.rss() / 1e6);
      }
      console.log(JSON.stringify([Math.min(...at.slice(0, 200)), Math.min(...at.slice(-200))]));`;
      const { stdout } = await exec(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script]);
      const [early, late] = JSON.parse(stdout) as [number, number];
      expect(late - early).toBeLessThan(40);
    },
  );

  it.each(['process.exit(0)', 'throw new Error("end")', 'worker'])(
    'a process may end while a training is at work: %s',
    (end) => {
      const script = join(import.meta.dirname, 'ends-while-training.ts');
      const { signal, status } = spawnSync(process.execPath, ['--import', 'tsx', script, end], {
        cwd: join(import.meta.dirname, '../..'),
        timeout: 600_000,
      });
      expect([signal, status]).toEqual([null, end.startsWith('throw') ? 1 : 0]);
    },
  );
});
