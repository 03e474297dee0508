// Where the wasm engine works: on the caller's thread, on one, on two beside it, in shared memory or in copies; and what happens when a thread breaks.

import { execFile } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { Interrupted } from '../../src/core/errors.ts';
import { compileWith } from '../../src/engines/compiled/compiled.ts';
import { describe as describeNetwork } from '../../src/engines/compiled/describe.ts';
import type { Kernel } from '../../src/engines/compiled/kernel.ts';
import { planVisits } from '../../src/engines/compiled/visits.ts';
import { type Compiled, START, type TrainRequest, type Windows } from '../../src/engines/engine.ts';
import { type Crew, createCrew } from '../../src/engines/wasm/crew.ts';
import { wasm } from '../../src/engines/wasm/index.ts';
import { createKernel } from '../../src/engines/wasm/kernel.ts';
import { createMemory, type Exports, instantiate } from '../../src/engines/wasm/module.ts';
import type { WasmMemory } from '../../src/engines/wasm/webassembly.ts';
import type { Network } from '../../src/models/network.ts';
import { planNetwork } from '../../src/models/plan.ts';
import { spellOptimizer } from '../../src/optimizers/index.ts';
import { cut, cutoffAt, cutsAt, fromAt, takeCuts } from '../../src/window/cuts.ts';
import { effort } from '../support/effort.ts';
import { NUMBERS } from './features.ts';
import { build, numbers, roughWeights, shape, task, tokens, windows } from './harness.ts';

const exec = promisify(execFile);
const WORKER = new URL('../../src/engines/wasm/worker.js', import.meta.url);
const crewOf = (threads: number, shares: boolean, address: URL | null = WORKER): Crew =>
  createCrew({ threads, shares, address });

const NOBODY: Crew = { ...crewOf(1, false), state: 'refused' };
const CREWS: { readonly [name: string]: Crew } = {
  'one thread in shared memory': crewOf(1, true),
  'two threads in shared memory': crewOf(2, true),
  'three threads in shared memory': crewOf(3, true),
  'one thread in a copy': crewOf(1, false),
};
afterAll(() => {
  for (const crew of Object.values(CREWS)) crew.end();
});

/** A network whose every call goes to the crew, however little there is to do. */
const open = (network: Network, crew: Crew, work = 1e12): Compiled =>
  compileWith(
    (description, values) => {
      const kernel = createKernel(description, values, crew);
      return kernel && insisting(kernel, work);
    },
    network,
    roughWeights(network, 5, 0.2),
  );
const insisting = (kernel: Kernel, work: number): Kernel => ({
  ...kernel,
  turn: kernel.turn,
  train: (bounds, rates, settings, results) => kernel.train(bounds, rates, settings, results, work),
  evaluate: (start, end, results) => kernel.evaluate(start, end, results, work),
  predict: (start, end, outputs) => kernel.predict(start, end, outputs, work),
});

function request(training: Windows, changes: Partial<TrainRequest> = {}): TrainRequest {
  return {
    training,
    validation: takeCuts(training.cuts, 0, 5),
    seed: 3,
    batch: 32,
    shuffle: true,
    optimizer: spellOptimizer({ kind: 'adam' }, 0.003),
    schedule: { kind: 'constant' },
    clip: 0.5,
    epochs: 2,
    from: START,
    until: 2,
    ...changes,
  };
}

const series = numbers(90, { targets: 2, past: 1, future: 1 });
const text = tokens(80, 9, true);
const many = tokens(70, 300);
const window = shape({ horizon: 2 });
const padded = shape({ pad: 'left', mask: true });
const NETWORKS: { readonly [name: string]: { readonly network: Network; readonly all: Windows } } = {
  lstm: {
    network: build('lstm-regressor', { units: [9, 5], dropout: 0.3, bidirectional: true }, task(series, window)),
    all: windows(series, window),
  },
  gru: {
    network: build('lstm-regressor', { units: 18, cell: 'gru', loss: 'huber' }, task(series, window)),
    all: windows(series, window),
  },
  'embedding, layer-norm, masks': {
    network: build(
      'language-model',
      {
        embedding: 6,
        layers: [{ kind: 'lstm', units: 7, sequences: true }, { kind: 'layer-norm' }, { kind: 'gru', units: 5 }],
      },
      task(text, padded),
    ),
    all: windows(text, padded, 'prefixes'),
  },
  'many columns': {
    network: build('language-model', { layers: [{ kind: 'lstm', units: 90 }] }, task(many, shape())),
    all: windows(many, shape()),
  },
  'unequal lengths, one-hot': {
    network: build('language-model', { layers: [{ kind: 'simple-rnn', units: 6 }] }, task(text, shape())),
    all: windows(text, shape(), 'prefixes'),
  },
};

/** Everything a training leaves behind. */
async function trained(compiled: Compiled, asked: TrainRequest) {
  const report = await compiled.train(asked);
  const outputs = await compiled.predict(asked.training);
  const means = await compiled.evaluate(asked.training, 7);
  const found = { report, outputs, means, weights: compiled.weights(), optimizer: compiled.optimizer() };
  compiled.dispose();
  return found;
}

describe.each(Object.entries(NETWORKS))('%s', (_, { network, all }) => {
  it.each([1, 31, 32, 33, 100])('ends in the same bytes wherever it is trained, in batches of %i', async (batch) => {
    const asked = request(all, { batch });
    const expected = await trained(open(network, NOBODY, 1), asked);
    for (const [name, crew] of Object.entries(CREWS)) {
      const found = await trained(open(network, crew), asked);
      expect(found, name).toEqual(expected);
      expect(crew.state).toBe('ready');
    }
  });
});

const { network, all } = NETWORKS.lstm as { network: Network; all: Windows };

/** Minutes of work in steps of some milliseconds. */
const longWindow = shape({ context: 60 });
const long = windows(numbers(2000), longWindow);
const longNetwork = build('lstm-regressor', { units: 64 }, task(long.sequence, longWindow));
const longRequest = (changes: Partial<TrainRequest> = {}) =>
  request(long, { batch: 64, validation: null, epochs: 50, until: 50, ...changes });

describe.each(Object.entries(CREWS))('%s', (_, crew) => {
  it('is stopped between two steps, far from the end, and goes on to the bytes of a training never stopped', async () => {
    const compiled = open(longNetwork, crew);
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 150);
    const { position, stopped } = await compiled.train(longRequest({ signal: stop.signal }));
    expect(stopped).toBe('aborted');
    expect(position.epoch).toBeLessThan(40);
    const until = position.epoch;
    const rest = await compiled.train(longRequest({ from: position, until }));
    const whole = open(longNetwork, NOBODY, 1);
    const { records } = await whole.train(longRequest({ until }));
    expect(compiled.weights()).toEqual(whole.weights());
    expect(rest.records.at(-1)).toEqual(records.at(-1));
    compiled.dispose();
    whole.dispose();
  });

  it('passes are stopped, a batch in the middle where memory is shared, and the next ones are whole', async () => {
    const compiled = open(longNetwork, crew);
    const expected = await compiled.predict(long);
    const cuts = { ranges: Array.from({ length: 40 }, () => long.cuts.ranges).flat(), count: 40 * long.cuts.count };
    const much = { ...long, cuts };
    const soon = (): AbortSignal => {
      const stop = new AbortController();
      setTimeout(() => stop.abort(), 20);
      return stop.signal;
    };
    const size = crew.shares ? cuts.count : 64;
    await expect(compiled.evaluate(much, size, soon())).rejects.toBeInstanceOf(Interrupted);
    await expect(compiled.predict(much, soon())).rejects.toBeInstanceOf(Interrupted);
    expect(await compiled.predict(long)).toEqual(expected);
    compiled.dispose();
  });

  it('a signal that is already up stops a training before its first step', async () => {
    const compiled = open(network, crew);
    const before = compiled.weights();
    expect(await compiled.train(request(all, { signal: AbortSignal.abort() }))).toMatchObject({
      stopped: 'aborted',
      position: START,
    });
    expect(compiled.weights()).toEqual(before);
    compiled.dispose();
  });

  it('a step that is not finite leaves the weights where they were', async () => {
    const compiled = open(network, crew);
    await compiled.train(request(all, { until: 1 }));
    const before = [compiled.weights(), compiled.optimizer()];
    const optimizer = spellOptimizer({ kind: 'adam' }, Number.POSITIVE_INFINITY);
    const report = await compiled.train(request(all, { optimizer, from: { ...START, epoch: 2 } }));
    expect(report.stopped).toBe('nonfinite');
    expect([compiled.weights(), compiled.optimizer()]).toEqual(before);
    compiled.dispose();
  });

  it('leaves the caller’s thread free', async () => {
    const compiled = open(longNetwork, crew);
    await compiled.predict({ ...long, cuts: takeCuts(long.cuts, 0, 1) }); // the crew is up
    let turns = 0;
    const clock = setInterval(() => turns++, 5);
    await compiled.train(longRequest({ until: 1, epochs: 1 }));
    clearInterval(clock);
    expect(turns).toBeGreaterThan(3);
    compiled.dispose();
  });

  it('disposing of a network at work ends the work; its threads do the next one’s', async () => {
    const compiled = open(longNetwork, crew);
    const training = compiled.train(longRequest());
    await pause(60);
    compiled.dispose();
    expect(['aborted', 'refused']).toContain(
      await training.then(
        ({ stopped }) => stopped,
        () => 'refused',
      ),
    );
    await expect(compiled.predict(long)).rejects.toThrow(/disposed/);
    const next = await trained(open(network, crew), request(all));
    expect(next).toEqual(await trained(open(network, NOBODY, 1), request(all)));
  });

  it('two networks trained at the same time do not see each other', async () => {
    const other = NETWORKS.gru as { network: Network; all: Windows };
    const both = await Promise.all([
      trained(open(network, crew), request(all)),
      trained(open(other.network, crew), request(other.all)),
    ]);
    expect(both[0]).toEqual(await trained(open(network, NOBODY, 1), request(all)));
    expect(both[1]).toEqual(await trained(open(other.network, NOBODY, 1), request(other.all)));
  });
});

it.each(['one thread in shared memory', 'two threads in shared memory'])(
  '%s: a stop is heard inside a step, which then has changed nothing',
  async (name) => {
    const wide = shape({ context: 200 });
    const all = windows(numbers(800), wide);
    const network = build('lstm-regressor', { units: 128 }, task(all.sequence, wide));
    const compiled = open(network, CREWS[name] as Crew);
    const before = compiled.weights();
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 150);
    const report = await compiled.train(request(all, { batch: 512, validation: null, signal: stop.signal }));
    expect(report).toMatchObject({ stopped: 'aborted', position: START });
    expect(compiled.weights()).toEqual(before);
    expect(compiled.optimizer().steps).toBe(0);
    compiled.dispose();
  },
);

describe('threads that break', () => {
  /** Threads that come up and do this with their first job. */
  const broken = (how: string, threads: number) =>
    crewOf(
      threads,
      threads > 1,
      new URL(
        `data:text/javascript,${encodeURIComponent(`
        import { parentPort } from 'node:worker_threads';
        parentPort.on('message', ({ ticket, job }) => { if (job) { ${how} } });
        parentPort.postMessage({ ready: true });`)}`,
      ),
    );

  it.each([
    ['throws', `throw new Error('it threw')`, /it threw/],
    ['exits', 'process.exit(3)', /status 3/],
    ['fails', `parentPort.postMessage({ ticket, failed: 'it said so' })`, /it said so/],
  ])('one that %s is one clear error, and the network says it again', async (_, how, message) => {
    for (const threads of [1, 2]) {
      const crew = broken(how, threads);
      const compiled = open(network, crew);
      const training = compiled.train(request(all));
      await expect(training).rejects.toMatchObject({ code: 'E_BUG' });
      await expect(training).rejects.toThrow(message);
      await expect(compiled.predict(all)).rejects.toThrow(message);
      compiled.dispose();
      crew.end();
    }
  });

  it('one that hears of a job when it is over has held nothing up', async () => {
    const late = `
      import { parentPort } from 'node:worker_threads';
      const listen = parentPort.on.bind(parentPort);
      let words;
      parentPort.on = (name, hear) => listen(name, (message) => {
        if (message.open) words = new Int32Array(message.open.memory.buffer, message.open.control, 2);
        const [ENDED, NAP] = [1, 20];
        if (message.job && !message.leads) while (!Atomics.load(words, ENDED)) Atomics.wait(words, ENDED, 0, NAP);
        hear(message);
      });
      await import(${JSON.stringify(WORKER.href)});`;
    const crew = crewOf(2, true, new URL(`data:text/javascript,${encodeURIComponent(late)}`));
    const found = await trained(open(network, crew), request(all));
    expect(found).toEqual(await trained(open(network, NOBODY, 1), request(all)));
    crew.end();
  });

  it.each([
    ['do not start', new URL('./wasm/there-is-no-such-worker.js', import.meta.url)],
    ['have no address, as in a bundle that is no module,', null],
  ])('where threads %s the same is computed here', async (_, address) => {
    const crew = crewOf(2, true, address);
    const found = await trained(open(network, crew), request(all));
    expect(found).toEqual(await trained(open(network, NOBODY, 1), request(all)));
    expect(crew.state).toBe('refused');
  });
});

it('numbers of a network at work are not to be had', async () => {
  const crew = CREWS['two threads in shared memory'] as Crew;
  const compiled = open(longNetwork, crew);
  const stop = new AbortController();
  const training = compiled.train(longRequest({ signal: stop.signal }));
  await pause(20);
  expect(() => compiled.weights()).toThrow(/at work/);
  stop.abort();
  expect((await training).stopped).toBe('aborted');
  expect(compiled.weights().size).toBeGreaterThan(0);
  compiled.dispose();
});

it('a training that turns out long leaves the thread, and ends in the bytes of one that stayed', async () => {
  const asked = longRequest({ until: 2, epochs: 2 });
  const stayed = await trained(open(longNetwork, NOBODY, 1), asked);
  const left = await trained(await wasm.compile(longNetwork, roughWeights(longNetwork, 5, 0.2)), asked);
  expect(left).toEqual(stayed);
});

it('gradients that fade over many steps cost what none at all cost', async () => {
  const far = shape({ context: 600 });
  for (const options of [{ units: 32 }, { units: 32, cell: 'gru' }, { units: 32, cell: 'simple-rnn' }]) {
    const sequence = numbers(640);
    const network = build('lstm-regressor', options, task(sequence, far));
    const compiled = open(network, NOBODY, 1);
    const still = { kind: 'sgd', rate: 0, momentum: 0 } as const;
    const asked = request(windows(sequence, far), { optimizer: still, clip: null, validation: null, until: 1 });
    const effortOf = async (scale: number): Promise<number> => {
      compiled.restore(roughWeights(network, 5, scale)); // 0: no gradient reaches the first layer
      const spent = effort();
      for (let again = 0; again < 3; again++) await compiled.train(asked);
      return spent();
    };
    await effortOf(0.1); // what is compiled late is
    expect(await effortOf(0.1), JSON.stringify(options)).toBeLessThan(3 * (await effortOf(0)));
    compiled.dispose();
  }
});

it('windows of one length bring one number, not one each', () => {
  const same = planVisits(network, all, 32, true).bound;
  expect([same.lengths.length, same.settings[8]]).toEqual([0, all.shape.context]);
  const { network: other, all: unequal } = NETWORKS['unequal lengths, one-hot'] as { network: Network; all: Windows };
  const each = planVisits(other, unequal, 32, true).bound;
  expect([each.lengths.length, each.settings[8]]).toEqual([unequal.cuts.count, 0]);
  expect(new Set(each.lengths).size).toBeGreaterThan(1);
});

/** The same windows one by one, each with what stands before it in its segment, far apart in a series that is no number anywhere else. */
function spread({ sequence, shape, cuts }: Windows): Windows {
  const reach = shape.lead + shape.horizon;
  const apart = 20 * (sequence.length + reach);
  const far = (channel: Float64Array): Float64Array => {
    const longer = new Float64Array(apart * (cuts.count + 1)).fill(Number.NaN);
    for (let i = 0; i < cuts.count; i++) {
      longer.set(channel.subarray(fromAt(cuts, i), cutoffAt(cuts, i) + reach), i * apart + fromAt(cuts, i));
    }
    return longer;
  };
  const every = Array.from({ length: cuts.count }, (_, i) => i);
  const cutoffs = every.map((i) => i * apart + cutoffAt(cuts, i));
  const froms = every.map((i) => i * apart + fromAt(cuts, i));
  const { targets, past, future } = sequence;
  const channels = { targets: targets.map(far), past: past.map(far), future: future.map(far) };
  const length = apart * (cuts.count + 1);
  return { shape, cuts: cutsAt(cutoffs, froms), sequence: { ...sequence, ...channels, length } };
}

it.each([...NUMBERS, ...Object.entries(NETWORKS).map(([name, subject]) => ({ name, ...subject }))])(
  'windows far apart end in the bytes of windows side by side: $name',
  async ({ network, all }) => {
    const found = await trained(open(network, NOBODY, 1), request(spread(all)));
    expect(found).toEqual(await trained(open(network, NOBODY, 1), request(all)));
  },
);

it('of a long series only the rows that windows read go into the memory', async () => {
  const crew = crewOf(1, true);
  let borrowed: WasmMemory | null = null;
  const lend: Crew['lend'] = (tenant) => {
    borrowed = crew.lend(tenant);
    return borrowed;
  };
  const values = numbers(3_000_000);
  const few = { ...windows(values, shape()), cuts: cut(values.segments, shape(), { kind: 'sliding', stride: 3000 }) };
  const compiled = open(build('lstm-regressor', { units: 4 }, task(values, shape())), { ...crew, lend });
  await compiled.train(request(few, { validation: null, epochs: 1, until: 1 }));
  expect((borrowed as WasmMemory | null)?.buffer.byteLength).toBeLessThan(8e6);
  compiled.dispose();
  crew.end();
});

/** Processes at once, of this Node and of those FORECAST_NODES names (paths, with colons between them). */
it('processes side by side, and other versions of Node, end in the same bytes', async () => {
  const nodes = [process.execPath, process.execPath, ...(process.env.FORECAST_NODES?.split(':') ?? [])];
  const source = (path: string) => JSON.stringify(new URL(`../../src/${path}`, import.meta.url).href);
  const script = `
    const parts = await Promise.all([
      ${['engines/wasm/index', 'models/index', 'models/weights', 'window/cuts', 'optimizers/index'].map((path) => `import(${source(`${path}.ts`)})`)}
    ]);
    const { scenarios } = await import(${JSON.stringify(new URL('./browser/scenario.js', import.meta.url).href)});
    const { counting, waves } = scenarios(Object.assign({}, ...parts));
    console.log(JSON.stringify([await counting(), await waves()]));`;
  const found = await Promise.all(
    nodes.map((node) => exec(node, ['--import', 'tsx', '--input-type=module', '-e', script], { maxBuffer: 1e8 })),
  );
  const [first, ...others] = found.map(({ stdout }) => stdout);
  expect(first).toContain('lstm/kernel');
  for (const other of others) expect(other === first).toBe(true);
});

it('threads live on through a pause of seconds, and end in one of a minute', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const crew = crewOf(1, true);
  try {
    await open(NETWORKS.lstm!.network, crew).train(request(NETWORKS.lstm!.all));
    vi.advanceTimersByTime(10_000);
    expect(crew.state).toBe('ready');
    vi.advanceTimersByTime(60_000);
    expect(crew.state).toBe('none');
  } finally {
    crew.end();
    vi.useRealTimers();
  }
});

it('a thousand networks, disposed of or dropped, on the thread and off it, leave no memory behind', async () => {
  const url = (path: string) => JSON.stringify(new URL(`../../${path}`, import.meta.url).href);
  const script = `
    const { createKernel } = await import(${url('src/engines/wasm/kernel.ts')});
    const { crew } = await import(${url('src/engines/wasm/crew.ts')});
    const { compileWith } = await import(${url('src/engines/compiled/compiled.ts')});
    const { build, numbers, roughWeights, shape, task, windows } = await import(${url('test/engines/harness.ts')});
    const all = windows(numbers(100), shape());
    const network = build('lstm-regressor', { units: 32 }, task(all.sequence, shape()));
    const weights = roughWeights(network);
    const request = { training: all, validation: null, seed: 1, batch: 32, shuffle: true, optimizer: { kind: 'sgd', rate: 0.1, momentum: 0 },
      schedule: { kind: 'constant' }, clip: null, epochs: 1, from: { epoch: 1, step: 0, lossSum: 0, correct: 0, weight: 0 }, until: 1 };
    const at = [];
    for (let i = 0; i < 1000; i++) {
      const compiled = compileWith((description, values) => {
        const kernel = createKernel(description, values, crew);
        const work = i % 2 ? 1e12 : 1;
        return { ...kernel, turn: kernel.turn, train: (a, b, c, d) => kernel.train(a, b, c, d, work) };
      }, network, weights);
      await compiled.train(request);
      if (i % 4 < 2) compiled.dispose();
      await new Promise((resolve) => setImmediate(resolve));
      if (i >= 400) at.push(process.memoryUsage.rss() / 1e6);
    }
    console.log(JSON.stringify([Math.min(...at.slice(0, 200)), Math.min(...at.slice(-200))]));`;
  const { stdout } = await exec(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script]);
  const [early, late] = JSON.parse(stdout) as [number, number];
  expect(late - early).toBeLessThan(40);
});

it.each([
  [200_000, 64],
  [1_000_000, 50],
])('a window of %i steps through %i units has no memory, and says so wherever it is asked', async (context, units) => {
  const wide = shape({ context });
  const all = windows(numbers(context + 200), wide);
  const network = build('lstm-regressor', { units }, task(all.sequence, wide));
  for (const crew of [NOBODY, CREWS['two threads in shared memory'] as Crew]) {
    const compiled = open(network, crew);
    const before = compiled.weights();
    const training = compiled.train(request(all, { batch: 64, validation: null }));
    await expect(training).rejects.toMatchObject({ code: 'E_LIMIT_MEMORY' });
    expect(compiled.weights()).toEqual(before);
    compiled.dispose();
  }
});

it('a batch of more multiply-adds than 31 bits can count is shared out as a small one is', () => {
  const measure = 4; // phase MEASURE of kernels/network.h
  const wide = shape({ context: 200 });
  const network = build('lstm-regressor', { units: 256 }, task(numbers(300), wide));
  const { ints, reals } = describeNetwork(network, planNetwork(network));
  const memory = createMemory('plain');
  const kernels = instantiate('plain', memory) as Exports & { [name: string]: (...given: number[]) => number };
  const put = (array: Int32Array | Float64Array): number => {
    const at = kernels.kernel_allocate(array.byteLength);
    new Uint8Array(memory.buffer, at).set(new Uint8Array(array.buffer));
    return at;
  };
  const net = kernels.kernel_create(put(ints), put(reals));
  kernels.kernel_bind(net, 0, 0, 0, put(Int32Array.of(200, 0, 0, 0, 0, 0, 0, 0, 200)));
  const shards = [16, 40, 64].map((windows) => {
    expect(kernels.kernel_prepare_pass!(net, 0, windows)).toBe(1);
    return kernels.kernel_parts!(net, measure);
  });
  expect(shards).toEqual([2, 2, 2]);
});

it('says how many shards it computes at a time', async () => {
  const state = await wasm.available();
  expect(state.ok && state.detail).toMatch(/float32, (2 shards at a time|\d shards? at a time \(.+\)), loads/);
});
