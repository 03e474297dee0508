import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { ForecastError } from '../../src/core/errors.ts';
import type { Sequence } from '../../src/core/sequence.ts';
import type { Tensors } from '../../src/core/tensor.ts';
import { START, type Windows } from '../../src/engines/engine.ts';
import { openEngine } from '../../src/engines/index.ts';
import type { Network } from '../../src/models/network.ts';
import { initialWeights } from '../../src/models/weights.ts';
import { planBatches } from '../../src/window/batches.ts';
import { cutsAt, takeCuts } from '../../src/window/cuts.ts';
import type { Cuts } from '../../src/window/window.ts';
import {
  adam,
  build,
  bytes,
  everything,
  numbers,
  request,
  roughWeights,
  shape,
  stopAfter,
  task,
  tokens,
  windows,
} from '../engines/harness.ts';
import { HERE } from '../engines/here.ts';

/** A small network of each sort, with its windows. */
function subjects(): { name: string; network: Network; all: Windows }[] {
  const series = numbers(18, { past: 1, future: 1 });
  const text = tokens(18, 6, true);
  const subject = (
    name: string,
    kind: string,
    options: object,
    sequence: Sequence,
    window: ReturnType<typeof shape>,
    cutting: 'sliding' | 'prefixes' = 'sliding',
  ) => ({
    name,
    network: build(kind, options, task(sequence, window)),
    all: windows(sequence, window, cutting),
  });
  return [
    subject(
      'regressor',
      'lstm-regressor',
      { units: [5, 4], dropout: 0.3, normalise: 'last' },
      series,
      shape({ horizon: 2 }),
    ),
    subject(
      'quantiles',
      'lstm-regressor',
      { units: 5, cell: 'gru', bidirectional: true, loss: 'pinball' },
      series,
      shape({ horizon: 2 }),
    ),
    subject(
      'words',
      'language-model',
      { embedding: 4, layers: [{ kind: 'lstm', units: 5 }], dropout: 0.2 },
      text,
      shape({ pad: 'left', mask: true }),
      'prefixes',
    ),
    subject(
      'unequal lengths',
      'language-model',
      { layers: [{ kind: 'simple-rnn', units: 5 }] },
      text,
      shape({ pad: 'none' }),
      'prefixes',
    ),
    subject(
      'every step',
      'language-model',
      { layers: [{ kind: 'lstm', units: 5 }, { kind: 'layer-norm' }], dropout: 0.2 },
      text,
      shape({ targets: 'every' }),
    ),
  ];
}

it('auto takes an engine that loads, and says in words why', async () => {
  const { engine, reason } = await openEngine('auto');
  expect(await engine.available()).toMatchObject({ ok: true });
  expect(reason).toMatch(/^auto: .*\w+ \w+/);
});

it('an engine asked for by name is that engine; an unknown one is refused with those there are', async () => {
  expect((await openEngine('reference')).engine.kind).toBe('reference');
  for (const kind of ['abacus', 'toString']) {
    await expect(openEngine(kind)).rejects.toThrow(ForecastError);
    await expect(openEngine(kind)).rejects.toMatchObject({ code: 'E_CONFIG_UNKNOWN_KIND' });
  }
});

describe.each(HERE)('engine %s', (kind, engine) => {
  const exact = kind === 'reference';
  /** Decimals that two ways to the same number share. */
  const digits = exact ? 12 : 6;
  /** TensorFlow computes a row differently in batches of other sizes, by float32's last digits; the others do not. */
  const whatever = kind === 'tensorflow' ? 6 : 12;
  /** Weights as the engine holds them. */
  const held = (weights: Tensors): Tensors =>
    exact ? weights : new Map([...weights].map(([name, t]) => [name, { ...t, data: Float32Array.from(t.data) }]));
  const open = (network: Network, weights = roughWeights(network)) => engine.compile(network, weights);

  it('is called by its own name and says whether it loads', async () => {
    expect(engine.kind).toBe(kind);
    expect(engine.summary).toMatch(/\.$/);
    expect((await engine.available()).ok).toBe(true);
  });

  it('gives copies of weights, by name, as they were given', async () => {
    for (const { network } of subjects()) {
      const weights = initialWeights(network, 2);
      const compiled = await open(network, weights);
      const found = compiled.weights();
      expect([...found.keys()]).toEqual([...weights.keys()]);
      expect(bytes(found)).toEqual(bytes(held(weights)));
      for (const tensor of found.values()) tensor.data.fill(9);
      expect(bytes(compiled.weights())).toEqual(bytes(held(weights)));
    }
  });

  it('refuses weights of another shape, missing or strange, naming them', async () => {
    const { network } = subjects()[0] as { network: Network };
    const weights = new Map(initialWeights(network, 2));
    weights.set('lstm/bias', { shape: [3], data: new Float64Array(3) });
    await expect(open(network, weights)).rejects.toThrow(/lstm\/bias.*\[20\].*\[3\]/);
    weights.delete('lstm/bias');
    await expect(open(network, weights)).rejects.toMatchObject({ code: 'E_MODEL_SHAPE' });
    const strange = new Map(initialWeights(network, 2)).set('gru/bias', { shape: [1], data: new Float64Array(1) });
    await expect(open(network, strange)).rejects.toThrow(/gru\/bias/);
  });

  it('refuses data the network was not built for', async () => {
    const { network, all } = subjects()[0] as { network: Network; all: Windows };
    const compiled = await open(network);
    const other = { ...all, sequence: numbers(18, { past: 2, future: 1 }) };
    await expect(compiled.predict(other)).rejects.toMatchObject({ code: 'E_MODEL_SHAPE' });
  });

  describe.each(subjects().map((s) => [s.name, s] as const))('%s', (_, { network, all }) => {
    it('stopped at any step, of a validation too, and gone on elsewhere ends in the same bytes', async () => {
      const validation = takeCuts(all.cuts, 0, 3);
      const whole = await open(network);
      const report = await whole.train(request(all, { validation }));
      const expected = everything(whole);
      expect(report.stopped).toBe('done');
      expect(report.position).toEqual({ ...START, epoch: 4 });
      const batches = (cuts: Cuts) => planBatches(cuts, all.shape, 4, null).bounds.length - 1;
      const steps = batches(all.cuts);
      const epoch = steps + batches(validation);
      for (let stop = 0; stop < 3 * epoch; stop++) {
        const first = await open(network);
        const before = await first.train(request(all, { validation, signal: stopAfter(stop) }));
        expect(before.stopped).toBe('aborted');
        expect([before.position.epoch, before.position.step]).toEqual([
          1 + Math.floor(stop / epoch),
          Math.min(steps, stop % epoch),
        ]);
        const second = await open(network, first.weights());
        second.restore(first.weights(), first.optimizer());
        const after = await second.train(request(all, { validation, from: before.position }));
        expect(everything(second)).toEqual(expected);
        expect([...before.records, ...after.records]).toEqual(report.records);
      }
    });

    it('several calls to successive epochs are one call', async () => {
      const whole = await open(network);
      const { records } = await whole.train(request(all));
      const apart = await open(network);
      const one = await apart.train(request(all, { until: 1 }));
      const rest = await apart.train(request(all, { from: one.position }));
      expect(everything(apart)).toEqual(everything(whole));
      expect([...one.records, ...rest.records]).toEqual(records);
    });

    it('a step that breaks the numbers leaves weights and optimizer where the call began', async () => {
      const compiled = await open(network);
      await compiled.train(request(all, { until: 1 }));
      const before = everything(compiled);
      const report = await compiled.train(
        request(all, { optimizer: { ...adam, rate: Number.POSITIVE_INFINITY }, from: { ...START, epoch: 2 } }),
      );
      expect(report).toMatchObject({ stopped: 'nonfinite', records: [], position: { epoch: 2, step: 1 } });
      expect(everything(compiled)).toEqual(before);
    });

    it('predicts each window as it predicts it alone, and in the order asked', async () => {
      const compiled = await open(network);
      const count = all.cuts.count;
      const together = await compiled.predict(all);
      const width = together.length / count;
      for (let i = 0; i < count; i++) {
        const alone = await compiled.predict({ ...all, cuts: takeCuts(all.cuts, i, 1) });
        const expected = together.slice(i * width, (i + 1) * width);
        if (whatever === 12) expect(alone).toEqual(expected);
        else for (let j = 0; j < width; j++) expect(alone[j]).toBeCloseTo(expected[j] as number, whatever);
      }
    });

    it('evaluating does not depend on the batch, changes nothing, and drops nothing out', async () => {
      const compiled = await open(network);
      const before = everything(compiled);
      const whole = await compiled.evaluate(all, 100);
      const split = await compiled.evaluate(all, 3);
      expect(split.loss).toBeCloseTo(whole.loss, whatever);
      expect(split.accuracy).toBe(whole.accuracy);
      expect((await compiled.evaluate(all, 100)).loss).toBe(whole.loss);
      expect(everything(compiled)).toEqual(before);
    });
  });

  it('a loss that is not finite leaves weights and optimizer where the last whole epoch left them', async () => {
    const { network, all } = subjects()[0] as { network: Network; all: Windows };
    const target = all.sequence.targets[0] as Float64Array;
    const compiled = await open(network);
    let safe: unknown;
    const report = await compiled.train(
      request(all, {
        epochs: 5,
        until: 5,
        validation: takeCuts(all.cuts, 0, 1), // so that an epoch is told of before the next one begins
        onEpoch: ({ epoch }) => {
          if (epoch !== 2) return;
          safe = everything(compiled);
          target[target.length - 1] = Number.NaN;
        },
      }),
    );
    expect(report.stopped).toBe('nonfinite');
    expect(report.position.epoch).toBe(3);
    expect(report.records.map(({ epoch }) => epoch)).toEqual([1, 2]);
    expect(everything(compiled)).toEqual(safe);
    const gone = report.position;
    const guilty = planBatches(all.cuts, all.shape, 4, { seed: 3, epoch: 3 });
    const windowsOfStep = guilty.order.subarray(guilty.bounds[gone.step], guilty.bounds[gone.step + 1]);
    expect([...windowsOfStep]).toContain(all.cuts.count - 1);
  });

  it('shuffled batches are those of the window’s plan', async () => {
    const sequence = numbers(30);
    const window = shape();
    const all = windows(sequence, window);
    const network = build('lstm-regressor', { units: 4 }, task(sequence, window));
    const shuffled = await open(network);
    await shuffled.train(request(all, { epochs: 1, until: 1 }));
    const { order } = planBatches(all.cuts, window, 4, { seed: 3, epoch: 1 });
    const cutoffs = Array.from(order, (i) => i + window.context);
    const ordered = {
      ...all,
      cuts: cutsAt(
        cutoffs,
        cutoffs.map(() => 0),
      ),
    };
    const plain = await open(network);
    await plain.train(request(ordered, { epochs: 1, until: 1, shuffle: false }));
    expect(bytes(plain.weights())).toEqual(bytes(shuffled.weights()));
  });

  it('the epoch’s loss is the mean of its batches’ losses, each before its update, weighted by windows', async () => {
    const sequence = numbers(12);
    const window = shape();
    const all = windows(sequence, window);
    const network = build('lstm-regressor', { units: 4 }, task(sequence, window));
    const whole = await open(network);
    const { records } = await whole.train(request(all, { shuffle: false, epochs: 1, until: 1 }));
    const stepped = await open(network);
    let from = START;
    let sum = 0;
    for (let start = 0; start < all.cuts.count; start += 4) {
      const batch = takeCuts(all.cuts, start, 4);
      sum += (await stepped.evaluate({ ...all, cuts: batch }, 4)).loss * batch.count;
      from = (await stepped.train(request(all, { shuffle: false, epochs: 1, until: 1, from, signal: stopAfter(1) })))
        .position;
    }
    expect(records[0]?.loss).toBeCloseTo(sum / all.cuts.count, whatever);
  });

  it('what was computed before, in batches of other sizes, leaves no trace', async () => {
    for (const { network, all } of subjects()) {
      const fresh = await open(network);
      await fresh.train(request(all, { batch: 6 }));
      const used = await open(network);
      await used.predict(all);
      await used.evaluate(all, 100);
      const start = used.weights();
      await used.train(request(all, { batch: 2 }));
      await used.predict({ ...all, cuts: takeCuts(all.cuts, 0, 1) });
      used.restore(start, { steps: 0, moments: new Map() });
      await used.train(request(all, { batch: 6 }));
      expect(everything(used)).toEqual(everything(fresh));
    }
  });

  it('a forecast asked for while a training runs disturbs neither', async () => {
    const sequence = numbers(300);
    const window = shape({ context: 30 });
    const all = windows(sequence, window);
    const network = build('lstm-regressor', { units: 64, dropout: 0.5 }, task(sequence, window));
    const still = request(all, {
      batch: 32,
      optimizer: { kind: 'sgd', rate: 0, momentum: 0 },
      epochs: 1,
      until: 1,
    });
    const compiled = await open(network);
    const expected = await compiled.predict(all);
    const { records } = await compiled.train(still);
    const [report, forecast] = await Promise.all([compiled.train(still), compiled.predict(all)]);
    expect(report.records).toEqual(records);
    expect(forecast).toEqual(expected);
  });

  it.each([{ kind: 'lstm' }, { kind: 'gru' }, { kind: 'simple-rnn' }, { kind: 'lstm', bidirectional: true }])(
    'masked padding changes nothing: %j',
    async (layer) => {
      const sequence = tokens(12, 5, true);
      const padded = shape({ pad: 'left', mask: true });
      const layers = [
        { units: 4, ...layer, sequences: true },
        { units: 3, ...layer },
      ];
      const network = build('language-model', { embedding: 3, layers }, task(sequence, padded));
      const compiled = await open(network);
      const all = windows(sequence, padded, 'prefixes');
      const masked = await compiled.predict(all);
      const bare = await compiled.predict({ ...all, shape: shape({ pad: 'none' }) });
      const read = await compiled.predict({ ...all, shape: shape({ pad: 'left' }) });
      for (let i = 0; i < masked.length; i++) expect(masked[i]).toBeCloseTo(bare[i] as number, digits);
      expect(read).not.toEqual(masked);
    },
  );

  it('with every step a target, a window is all of its prefixes', async () => {
    const sequence = tokens(7, 5);
    const every = shape({ context: 6, targets: 'every' });
    const network = build('language-model', { layers: [{ kind: 'gru', units: 4 }] }, task(sequence, every));
    const compiled = await open(network);
    const once = await compiled.evaluate(windows(sequence, every), 8);
    const prefixes = await compiled.evaluate(windows(sequence, { ...every, targets: 'last' }, 'prefixes'), 8);
    expect(once.loss).toBeCloseTo(prefixes.loss, digits);
    expect(once.accuracy).toBe(prefixes.accuracy);
  });

  it('a level of 10^15 costs a normalised network nothing', async () => {
    const low = { ...numbers(12), targets: [Float64Array.from({ length: 12 }, (_, i) => (i * i) % 7)] };
    const high = { ...low, targets: low.targets.map((channel) => channel.map((v) => v + 1e15)) };
    const window = shape({ horizon: 2 });
    for (const normalise of ['last', { kind: 'mean', count: 1 }]) {
      const network = build('lstm-regressor', { units: 4, normalise }, task(low, window));
      const compiled = await open(network);
      const below = await compiled.evaluate(windows(low, window), 8);
      const above = await compiled.evaluate(windows(high, window), 8);
      expect(above.loss).toBe(below.loss);
      const forecast = await compiled.predict(windows(high, window));
      expect(Math.abs((forecast[0] as number) - 1e15)).toBeLessThan(100);
    }
  });

  it('the event loop has its turn while a training runs, and a stop is heard', async () => {
    const sequence = tokens(300, 30);
    const window = shape({ context: 30 });
    const network = build('language-model', { layers: [{ kind: 'lstm', units: 64 }] }, task(sequence, window));
    const compiled = await open(network, initialWeights(network, 1));
    const stop = new AbortController();
    let reports = 0;
    const timer = setInterval(() => reports > 0 && stop.abort(), 20);
    const report = await compiled.train(
      request(windows(sequence, window), {
        batch: 32,
        epochs: 100_000,
        until: 100_000,
        signal: stop.signal,
        onStep: () => reports++,
      }),
    );
    clearInterval(timer);
    expect(report.stopped).toBe('aborted');
    expect(reports).toBeGreaterThan(0);
  });

  it('what was read is not held: after a training, and after a pass or a training that is stopped', async () => {
    const window = shape();
    const network = build('lstm-regressor', { units: 3 }, task(numbers(60), window));
    const compiled = await open(network);
    const works: { readonly [name: string]: (all: Windows) => Promise<unknown> } = {
      training: (all) => compiled.train(request(all)),
      'a stopped training': (all) => compiled.train(request(all, { signal: stopAfter(2) })),
      'a stopped evaluation': (all) => compiled.evaluate(all, 4, stopAfter(1)).catch(() => null),
      'a stopped prediction': (all) => compiled.predict(all, stopAfter(0)).catch(() => null),
    };
    for (const [name, work] of Object.entries(works)) {
      const read = await (async () => {
        const all = windows(numbers(60), window);
        await work(all);
        return new WeakRef((all.sequence.targets[0] as Float64Array).buffer);
      })();
      for (let look = 0; look < 10 && read.deref() !== undefined; look++) await settledMemory();
      expect(read.deref(), name).toBeUndefined();
    }
    compiled.dispose();
  });

  it('memory does not grow with the epochs', async () => {
    const sequence = numbers(60);
    const window = shape();
    const network = build('lstm-regressor', { units: 16 }, task(sequence, window));
    const compiled = await open(network);
    const all = windows(sequence, window);
    const held = async (until: number, from: number) => {
      await compiled.train(request(all, { epochs: 2000, until, from: { ...START, epoch: from } }));
      return settledMemory();
    };
    // What leaks grows every time; what the test runner or a compiler keeps comes once.
    const looks: { heapUsed: number; arrayBuffers: number }[] = [];
    for (const until of [50, 450, 850, 1250]) looks.push(await held(until, Math.max(1, until - 399)));
    const least = (grown: (look: number) => number): number => Math.min(...[1, 2, 3].map(grown));
    const by = (what: 'arrayBuffers' | 'heapUsed') => (look: number) => looks[look]![what] - looks[look - 1]![what];
    expect(least(by('arrayBuffers'))).toBeLessThan(30_000);
    expect(least(by('heapUsed'))).toBeLessThan(1_000_000);
  });

  it('predictions of many windows take the memory of a block and the outputs', async () => {
    const sequence = numbers(60_000);
    const window = shape({ context: 20 });
    const network = build('lstm-regressor', { units: 8 }, task(sequence, window));
    const compiled = await open(network);
    await compiled.predict(windows(numbers(5000), window));
    const before = (await settledMemory()).arrayBuffers;
    const all = windows(sequence, window);
    const outputs = await compiled.predict(all);
    expect(outputs.length).toBe(all.cuts.count);
    expect((await settledMemory()).arrayBuffers - before - outputs.byteLength).toBeLessThan(100_000);
  });
});

/** The least of a few looks: what the test runner itself holds for a moment is not the engine's. */
async function settledMemory(): Promise<{ heapUsed: number; arrayBuffers: number }> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const least = { heapUsed: Number.POSITIVE_INFINITY, arrayBuffers: Number.POSITIVE_INFINITY };
  for (let look = 0; look < 5; look++) {
    await pause(20);
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    least.heapUsed = Math.min(least.heapUsed, heapUsed);
    least.arrayBuffers = Math.min(least.arrayBuffers, arrayBuffers);
  }
  return least;
}
