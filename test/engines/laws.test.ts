import { describe, expect, it } from 'vitest';
import { Interrupted } from '../../src/core/errors.ts';
import type { Sequence } from '../../src/core/sequence.ts';
import { type Compiled, type Engine, START, type TrainRequest, type Windows } from '../../src/engines/engine.ts';
import { sideBySide } from '../../src/engines/together.ts';
import type { Network } from '../../src/models/network.ts';
import { spellOptimizer } from '../../src/optimizers/index.ts';
import { cut, cutsAt, takeCuts } from '../../src/window/cuts.ts';
import { CARRIED, NUMBERS } from './features.ts';
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
} from './harness.ts';
import { HERE } from './here.ts';

const without = <Key extends keyof Network>(network: Network, ...keys: Key[]): Network =>
  Object.fromEntries(Object.entries(network).filter(([key]) => !keys.includes(key as Key))) as unknown as Network;
const moved = (sequence: Sequence, change: (x: number) => number): Sequence => ({
  ...sequence,
  targets: sequence.targets.map((channel) => channel.map(change) as Float64Array),
});
/** Values that are multiples of 1/64, so that moving and doubling them is exact. */
const dyadic = moved(numbers(24, { targets: 2, future: 1 }), (x) => Math.round(x * 64) / 64);

/** What an engine computes of what goes beyond layers; others refuse by name. */
const knows = async (engine: Engine, network: Network): Promise<boolean> => {
  try {
    (await engine.compile(network, roughWeights(network))).dispose();
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: 'E_CONFIG_CONFLICT', message: expect.stringMatching(/does not know/) });
    return false;
  }
};

describe.each(HERE)('engine %s', (kind, engine) => {
  const digits = kind === 'reference' ? 10 : 4;
  const open = (network: Network, weights = roughWeights(network, 5, 0.3)) => engine.compile(network, weights);

  describe.each([
    ['at once', {}],
    ['running free', { freeRun: true, lags: [1, 3], skip: true }],
  ])('a forecast %s', (_, options) => {
    const window = shape({ context: 6, horizon: 3 });
    const network = (normalise: object | string) =>
      build('lstm-regressor', { units: 4, ...options, normalise }, task(dyadic, window));
    const forecast = async (net: Network, change: (x: number) => number): Promise<Float64Array> => {
      const compiled = await open(net);
      return compiled.predict({
        ...windows(moved(dyadic, change), window),
        cuts: cut(dyadic.segments, window, { kind: 'sliding', stride: 1 }),
      });
    };

    it.each([
      ['last', 'last'],
      ['mean', { kind: 'mean', count: 4 }],
      ['season', { kind: 'season', season: 5 }],
      ['revin', 'revin'],
    ])('relative to %s moves with the series', async (_, normalise) => {
      const net = network(normalise);
      if (!(await knows(engine, net))) return;
      const before = await forecast(net, (x) => x);
      const after = await forecast(net, (x) => x + 4096);
      for (const [i, value] of before.entries()) expect(after[i]).toBeCloseTo(value + 4096, digits - 1);
    });

    it.each([
      ['last', { kind: 'last', scale: 'deviation' }],
      ['season', { kind: 'season', season: 5, scale: 'deviation' }],
      ['mean', { kind: 'mean', scale: 'deviation', clip: 3 }],
    ])('relative to %s in deviations is scaled with the series', async (_, normalise) => {
      const net = network(normalise);
      if (!(await knows(engine, net))) return;
      const before = await forecast(net, (x) => x);
      const after = await forecast(net, (x) => x * 1024);
      expect([...after]).toEqual([...before].map((value) => value * 1024));
    });

    it('of a window that never moves is that window’s level, never a division by zero', async () => {
      for (const normalise of [{ kind: 'last', scale: 'deviation' }, { kind: 'mean', scale: 'standard' }, 'revin']) {
        const net = network(normalise);
        if (!(await knows(engine, net))) return;
        for (const level of [0, 5]) {
          for (const value of await forecast(net, () => level)) expect(Number.isFinite(value)).toBe(true);
        }
      }
    });
  });

  it('a level of 10^15 costs a scaled, freely running network nothing', async () => {
    const window = shape({ context: 6, horizon: 3 });
    const normalise = { kind: 'mean', count: 1 };
    const net = build('lstm-regressor', { units: 4, freeRun: true, lags: [1, 2], normalise }, task(dyadic, window));
    if (!(await knows(engine, net))) return;
    const high = moved(dyadic, (x) => Math.round(x * 8) + 2 ** 50);
    const low = moved(dyadic, (x) => Math.round(x * 8));
    const compiled = await open(net);
    const at = cut(low.segments, window, { kind: 'sliding', stride: 1 });
    const far = await compiled.predict({ sequence: high, shape: window, cuts: at });
    const near = await compiled.predict({ sequence: low, shape: window, cuts: at });
    for (const [i, value] of near.entries()) expect((far[i] as number) - 2 ** 50).toBeCloseTo(value, 0);
    const losses = await Promise.all(
      [high, low].map((s) => compiled.evaluate({ sequence: s, shape: window, cuts: at }, 8)),
    );
    expect(losses[0]).toEqual(losses[1]);
  });

  it('no free step is the plain network: its last step where the others warm up, every step where none does', async () => {
    const series = numbers(24, { targets: 2, past: 1, future: 1 });
    const last = shape({ context: 6 });
    const every = shape({ context: 6, targets: 'every' });
    const regressor = (options: object, window: typeof last) =>
      build('lstm-regressor', { units: 4, ...options }, task(series, window));
    const free = regressor({ freeRun: 0, warmup: 5 }, last);
    if (!(await knows(engine, free))) return;
    for (const [one, other] of [
      [
        { net: free, window: last },
        { net: regressor({ normalise: 'none' }, last), window: last },
      ],
      [
        { net: regressor({ freeRun: 0 }, last), window: last },
        { net: regressor({}, every), window: every },
      ],
    ] as const) {
      const trained = [];
      for (const { net, window } of [one, other]) {
        const compiled = await open(net, roughWeights(one.net, 5, 0.3));
        // Windows of the same cutoffs, whichever targets.
        const training = {
          sequence: series,
          shape: window,
          cuts: cut(series.segments, last, { kind: 'sliding', stride: 1 }),
        };
        const { records } = await compiled.train(request(training));
        trained.push({ records, weights: bytes(compiled.weights()), outputs: [...(await compiled.predict(training))] });
      }
      expect(trained[0]?.records.map(({ loss }) => loss)).toHaveLength(3);
      for (const [i, { loss }] of (trained[1]?.records ?? []).entries()) {
        expect(trained[0]?.records[i]?.loss).toBeCloseTo(loss, digits);
      }
      for (const [i, value] of (trained[1]?.outputs ?? []).entries())
        expect(trained[0]?.outputs[i]).toBeCloseTo(value, digits - 1);
    }
  });

  it('running free is what reading its own forecasts as values gives', async () => {
    const series = numbers(30, { targets: 2, future: 1 });
    const window = shape({ context: 6, horizon: 4 });
    const options = { units: 4, lags: [1, 3, 5], skip: true };
    const free = build('lstm-regressor', { ...options, freeRun: true }, task(series, window));
    if (!(await knows(engine, free))) return;
    const weights = roughWeights(free, 5, 0.3);
    const cutoff = 15;
    const at = (n: number) => cutsAt([n], [0]);
    const outputs = await (await open(free, weights)).predict({ sequence: series, shape: window, cuts: at(cutoff) });

    const stepwise = build('lstm-regressor', { ...options, freeRun: 0 }, task(series, { ...window, horizon: 1 }));
    const compiled = await open(stepwise, weights);
    const known = series.targets.map((channel) => channel.slice());
    for (let h = 0; h < 4; h++) {
      const longer = shape({ context: 6 + h, horizon: 1 });
      const next = await compiled.predict({
        sequence: { ...series, targets: known },
        shape: longer,
        cuts: at(cutoff + h),
      });
      for (const [c, channel] of known.entries()) {
        expect(outputs[h * 2 + c]).toBeCloseTo(next[c] as number, digits);
        channel[cutoff + h] = outputs[h * 2 + c] as number;
      }
    }
  });

  it('values after the cutoff change no forecast', async () => {
    for (const { name, network, all } of NUMBERS) {
      if (!(await knows(engine, network))) return;
      const compiled = await open(network);
      const cutoff = 12;
      const at: Windows = { ...all, cuts: cutsAt([cutoff], [0]) };
      const spoiled = moved(all.sequence, (x) => x);
      for (const channel of spoiled.targets) channel.fill(Number.NaN, cutoff);
      const expected = await compiled.predict(at);
      expect(await compiled.predict({ ...at, sequence: spoiled }), name).toEqual(expected);
    }
  });

  it('a season that lies before the series is refused', async () => {
    const series = numbers(20);
    const window = shape({ context: 6, pad: 'left', mask: true });
    const net = build('lstm-regressor', { units: 3, normalise: { kind: 'season', season: 4 } }, task(series, window));
    if (!(await knows(engine, net))) return;
    const compiled = await open(net);
    const predicted = compiled.predict({ sequence: series, shape: window, cuts: cutsAt([3], [0]) });
    await expect(predicted).rejects.toMatchObject({ code: 'E_DATA_TOO_SHORT' });
  });

  describe('carried state', () => {
    it('with one window for the whole text is the plain network', async () => {
      const text = tokens(13, 6);
      const window = shape({ context: 12, targets: 'every' });
      const carried = build(
        'language-model',
        { layers: [{ kind: 'lstm', units: 5 }], carry: true },
        task(text, window),
      );
      if (!(await knows(engine, carried))) return;
      const trained = [];
      for (const network of [carried, without(carried, 'carry')]) {
        const compiled = await open(network, roughWeights(carried));
        const report = await compiled.train(request(windows(text, window), { validation: cutsAt([12], [0]) }));
        trained.push({ report, ...everything(compiled) });
      }
      expect(trained[0]).toEqual(trained[1]);
    });

    it.each(CARRIED.map((s) => [s.name, s] as const))(
      'a pass knows the whole text before: %s',
      async (_, { network, all }) => {
        if (!(await knows(engine, network))) return;
        const compiled = await open(network);
        const plain = await open(without(network, 'carry'));
        const cuts = { ranges: [{ from: 0, first: 3, count: 30, stride: 1 }], count: 30 };
        const found = await compiled.predict({ ...all, cuts });
        const whole = { ...all, shape: { ...all.shape, context: 40, targets: 'last' as const } };
        const expected = await plain.predict({
          ...whole,
          cuts: cutsAt(
            Array.from({ length: 30 }, (_, i) => 3 + i),
            new Array(30).fill(0),
          ),
        });
        for (const [i, value] of expected.entries()) expect(found[i]).toBeCloseTo(value, digits);

        const { loss } = await compiled.evaluate(
          { ...all, cuts: { ranges: [{ from: 0, first: 5, count: 31, stride: 1 }], count: 31 } },
          7,
        );
        const one = await plain.evaluate(
          { ...whole, shape: { ...whole.shape, context: 35, targets: 'every' }, cuts: cutsAt([35], [0]) },
          1,
        );
        expect(loss).toBeCloseTo(one.loss, digits);
      },
    );

    it('a text that grows gives what it gives read anew, also after other texts and other weights', async () => {
      const { network, all } = CARRIED[0] as (typeof CARRIED)[number];
      if (!(await knows(engine, network))) return;
      const compiled = await open(network);
      const read = async (each: Compiled, cutoff: number) => [
        ...(await each.predict({ ...all, shape: { ...all.shape, context: 40 }, cuts: cutsAt([cutoff], [0]) })),
      ];
      const other = { ...all, sequence: tokens(40, 6, true) };
      for (const cutoff of [4, 5, 6, 9, 7, 12]) {
        if (cutoff === 9) await compiled.predict({ ...other, cuts: cutsAt([8], [0]) });
        if (cutoff === 12) compiled.restore(roughWeights(network, 9));
        const fresh = await open(network, compiled.weights());
        expect(await read(compiled, cutoff)).toEqual(await read(fresh, cutoff));
      }
    });

    it.each(CARRIED.map((s) => [s.name, s] as const))(
      'stopped at any step and gone on elsewhere ends in the same bytes: %s',
      async (_, { network, all }) => {
        if (!(await knows(engine, network))) return;
        const whole = await open(network);
        await whole.train(request(all, { batch: 2 }));
        const expected = everything(whole);
        for (const steps of [1, 3, 4, 6]) {
          const first = await open(network);
          const report = await first.train(request(all, { batch: 2, signal: stopAfter(steps) }));
          expect(report.stopped).toBe('aborted');
          // What others ask for in between disturbs nothing.
          await first.predict({ ...all, cuts: cutsAt([9], [0]) });
          await first.evaluate(all, 4);
          const second = await open(network);
          second.restore(first.weights(), first.optimizer());
          for (const compiled of [first, second]) {
            await compiled.train(request(all, { batch: 2, from: report.position }));
            expect(everything(compiled)).toEqual(expected);
          }
        }
      },
    );

    it('learns to count further than a window reaches', async () => {
      // Every sixth token is another one: three tokens do not tell when it comes, the state that goes on does.
      const ids = Float64Array.from({ length: 600 }, (_, i) => (i % 6 === 5 ? 1 : 0));
      const sequence: Sequence = { ...tokens(600, 2), targets: [ids] };
      const window = shape({ context: 3, targets: 'every' });
      const network = build(
        'language-model',
        { layers: [{ kind: 'gru', units: 8 }], carry: true },
        task(sequence, window),
      );
      if (!(await knows(engine, network))) return;
      const all = { sequence, shape: window, cuts: cut(sequence.segments, window, { kind: 'sliding', stride: 3 }) };
      const losses = [];
      for (const net of [network, without(network, 'carry')]) {
        const compiled = await open(net);
        const optimizer = { ...adam, rate: 0.02 };
        await compiled.train(request(all, { batch: 8, optimizer, clip: null, epochs: 40, until: 40 }));
        losses.push((await compiled.evaluate(all, 8)).loss);
      }
      expect(losses[0]).toBeLessThan(0.5 * (losses[1] as number));
    });
  });

  const stopped = [...NUMBERS.slice(0, 1), ...CARRIED.slice(0, 2)].map((s) => [s.name, s] as const);

  it.each(stopped)(
    'stopped at any batch, of its steps or of its validations, it goes on to the same bytes and history: %s',
    async (_, { network, all }) => {
      if (!(await knows(engine, network))) return;
      const asked = { batch: 3, validation: takeCuts(all.cuts, 1, 7), epochs: 2, until: 2 };
      const whole = await open(network);
      const { records } = await whole.train(request(all, asked));
      let batches = 0;
      for (let ended = false; !ended; batches++) {
        const compiled = await open(network);
        const first = await compiled.train(request(all, { ...asked, signal: stopAfter(batches) }));
        ended = first.stopped === 'done';
        const again = await open(network);
        again.restore(compiled.weights(), compiled.optimizer());
        const second = await again.train(request(all, { ...asked, from: first.position }));
        expect(second.stopped).toBe('done');
        expect([...first.records, ...second.records]).toEqual(records);
        expect(everything(again)).toEqual(everything(whole));
      }
      const steps = whole.optimizer().steps;
      expect(batches).toBeGreaterThan(steps + 2); // some of them within validations
    },
  );

  it.each(stopped)(
    'a pass that is stopped gives nothing, and the next one everything: %s',
    async (_, { network, all }) => {
      if (!(await knows(engine, network))) return;
      const compiled = await open(network);
      const means = await compiled.evaluate(all, 4);
      const outputs = await compiled.predict(all);
      const passes = [
        [means, (signal: AbortSignal) => compiled.evaluate(all, 4, signal)],
        [outputs, (signal: AbortSignal) => compiled.predict(all, signal)],
      ] as const;
      for (const [expected, pass] of passes) {
        await expect(pass(AbortSignal.abort())).rejects.toBeInstanceOf(Interrupted);
        let batches = 0;
        for (let given: unknown = null; given === null; batches++) {
          given = await pass(stopAfter(batches)).catch((error) => {
            if (!(error instanceof Interrupted)) throw error;
            return null;
          });
          if (given !== null) expect(given).toEqual(expected);
        }
        expect(batches).toBeGreaterThan(1);
        expect(await pass(new AbortController().signal)).toEqual(expected);
      }
      compiled.dispose();
    },
  );

  // Passes that only measure work in what training has made room for; windows of one step are the least of it.
  it.each([
    ['lstm', { units: 40 }],
    ['lstm, relu, stacked, both directions', { units: [33, 20], activation: 'relu', bidirectional: true }],
    ['gru', { units: 40, cell: 'gru' }],
    ['simple-rnn', { units: 40, cell: 'simple-rnn' }],
  ])('trained, a network measures and predicts what a new one with its weights does: %s', async (_, options) => {
    const sequence = numbers(60, { targets: 1 });
    for (const context of [1, 2, 3]) {
      const all = windows(sequence, shape({ context }));
      const network = build('lstm-regressor', options, task(sequence, all.shape));
      for (const batch of [1, 10, 32]) {
        const some = { ...all, cuts: takeCuts(all.cuts, 0, batch) };
        const trained = await open(network);
        await trained.train(request(some, { batch, epochs: 1, until: 1 }));
        const fresh = await open(network, trained.weights());
        const expected = await fresh.predict(some);
        const { loss } = await fresh.evaluate(some, batch);
        expect((await trained.evaluate(some, batch)).loss).toBeCloseTo(loss, digits);
        for (const [i, value] of (await trained.predict(some)).entries())
          expect(value).toBeCloseTo(expected[i]!, digits);
        trained.dispose();
        fresh.dispose();
      }
    }
  });

  it.each(['none', 'last', 'revin', { kind: 'mean', scale: 'deviation' }, { kind: 'season', season: 2 }] as const)(
    'of a value that is no number no forecast is a number that reads it, every other is, and training stops: normalise %j',
    async (normalise) => {
      const sequence = numbers(30, { targets: 1 });
      const network = build('lstm-regressor', { units: 4, normalise }, task(sequence, shape()));
      const all = windows(sequence, shape());
      sequence.targets[0]![14] = Number.NaN;
      const compiled = await open(network);
      const outputs = await compiled.predict(all);
      const cutoffs = Array.from({ length: all.cuts.count }, (_, i) => i + 5);
      const reads = cutoffs.map((cutoff) => cutoff > 14 && cutoff <= 19);
      expect(Array.from(outputs, Number.isNaN)).toEqual(reads);
      expect((await compiled.evaluate(all, 4)).loss).toBeNaN();
      expect((await compiled.train(request(all))).stopped).toBe('nonfinite');
      compiled.dispose();
    },
  );

  it.each([[{}], [{ embedding: 3 }]])(
    'what is no id of the vocabulary is read as nothing, and is no target: %j',
    async (options) => {
      const sequence = tokens(40, 7);
      const layers = [{ kind: 'lstm', units: 3 }];
      const network = build('language-model', { ...options, layers }, task(sequence, shape()));
      const all = windows(sequence, shape());
      const seen = async (id: number) => {
        sequence.targets[0]!.fill(id, 20, 22);
        const compiled = await open(network);
        const { records } = await compiled.train(request(all));
        const found = { records, outputs: await compiled.predict(all), means: await compiled.evaluate(all, 4) };
        compiled.dispose();
        return found;
      };
      const unknown = await seen(-1);
      expect(unknown.records).toHaveLength(3);
      for (const id of [7, 8, 1e9, 2 ** 32, -0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
        expect(await seen(id), String(id)).toEqual(unknown);
      }
    },
  );

  it('more outputs than there is memory for are refused in one line', async () => {
    const sequence = numbers(30, { targets: 1 });
    const all = windows(sequence, shape());
    const compiled = await open(build('lstm-regressor', { units: 2 }, task(sequence, shape())));
    const count = 2 ** 40;
    const range = { from: 0, first: 6, count, stride: 1 };
    const predicting = compiled.predict({ ...all, cuts: { ranges: [range], count } });
    await expect(predicting).rejects.toMatchObject({
      code: 'E_LIMIT_MEMORY',
      message: expect.stringContaining(`${count} windows`),
    });
    expect(await compiled.predict(all)).toHaveLength(all.cuts.count);
    compiled.dispose();
  });

  it('trained together, each network gives the bytes it gives alone', async () => {
    const { network, all } = NUMBERS[0] as (typeof NUMBERS)[number];
    if (!(await knows(engine, network))) return;
    const folds = [0, 1, 2, 3, 4].map((n) => request(all, { seed: n, batch: 3 + n }));
    const alone = [];
    for (const each of folds) {
      const compiled = await open(network, roughWeights(network, each.seed));
      alone.push({ report: await compiled.train(each), ...everything(compiled) });
    }
    const replicas = await Promise.all(folds.map((each) => open(network, roughWeights(network, each.seed))));
    const reports = await sideBySide(engine.together ?? 1, folds, (each, i) => (replicas[i] as Compiled).train(each));
    expect(replicas.map((compiled, i) => ({ report: reports[i], ...everything(compiled) }))).toEqual(alone);
  });

  // Windows of one step leave weights of the state alone: they are neither cleared, nor saved again.
  it.each([
    ['one step', [1, 1]],
    ['several, then one', [4, 1]],
    ['one, then several', [1, 4]],
    ['one, several, one', [1, 4, 1]],
  ])('a training that is not finite ends in the last whole epoch: windows of %s', async (_, contexts) => {
    const sequence = numbers(40, { targets: 1 });
    const given = (context: number, changes: Partial<TrainRequest>) =>
      request(windows(sequence, shape({ context })), { epochs: 9, ...changes });
    const network = build('lstm-regressor', { units: 5 }, task(sequence, shape({ context: 4 })));
    const compiled = await open(network);
    let epoch = 1;
    for (const context of contexts) {
      const { stopped } = await compiled.train(given(context, { from: { ...START, epoch }, until: epoch + 1 }));
      expect(stopped).toBe('done');
      epoch += 2;
      const before = everything(compiled);
      const rate = { ...adam, rate: Number.POSITIVE_INFINITY };
      const broken = given(context, { optimizer: rate, from: { ...START, epoch }, until: epoch });
      expect((await compiled.train(broken)).stopped).toBe('nonfinite');
      expect(everything(compiled)).toEqual(before);
    }
    compiled.dispose();
  });

  // Rows of a table that no window names change by the decay of their weights alone: another optimizer leaves them as they are.
  it('so does one of words; those that no window names change by decay alone', async () => {
    const sequence = tokens(60, 40);
    const window = shape({ context: 4 });
    const all = windows(sequence, window);
    const some = { ...all, cuts: takeCuts(all.cuts, 0, 12) };
    const named = new Set(sequence.targets[0]?.subarray(0, 16));
    const network = build(
      'language-model',
      { embedding: 3, layers: [{ kind: 'lstm', units: 5 }] },
      task(sequence, window),
    );
    const compiled = await open(network);
    const others = () => {
      const table = compiled.weights().get('embedding/embeddings')?.data as Float32Array;
      return Array.from({ length: 40 }, (_, id) => (named.has(id) ? null : table.slice(3 * id, 3 * id + 3)));
    };
    let epoch = 1;
    for (const kind of ['adamw', 'adam', 'adamw', 'rmsprop', 'sgd'] as const) {
      const given = (rate: number, until: number) =>
        request(some, { epochs: 99, optimizer: spellOptimizer({ kind }, rate), from: { ...START, epoch }, until });
      const untouched = others();
      expect((await compiled.train(given(0.01, epoch + 2))).stopped).toBe('done');
      expect(JSON.stringify(others()) === JSON.stringify(untouched)).toBe(kind !== 'adamw');
      epoch += 3;
      if (kind !== 'rmsprop') continue; // what is fallen back to is whole again afterwards, whatever it was before
      const before = everything(compiled);
      expect((await compiled.train(given(Number.POSITIVE_INFINITY, epoch))).stopped).toBe('nonfinite');
      expect(everything(compiled)).toEqual(before);
    }
    compiled.dispose();
  });
});
