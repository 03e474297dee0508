import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Tensors } from '../../src/core/tensor.ts';
import { type Engine, START, type TrainRequest, type Windows } from '../../src/engines/engine.ts';
import { openEngine } from '../../src/engines/index.ts';
import { reference } from '../../src/engines/reference/index.ts';
import { compileWith } from '../../src/engines/tensorflow/compiled.ts';
import { tensorflow } from '../../src/engines/tensorflow/index.ts';
import type { Kernels } from '../../src/engines/tensorflow/kernels.ts';
import { load, loadTensorFlow } from '../../src/engines/tensorflow/load.ts';
import type { Network } from '../../src/models/network.ts';
import { spellOptimizer } from '../../src/optimizers/index.ts';
import { workspace } from '../support/workspace.ts';
import { CARRIED, NUMBERS } from './features.ts';
import { build, numbers, roughWeights, shape, stopAfter, task, tokens, windows } from './harness.ts';
import { HERE } from './here.ts';

const ROOT = join(import.meta.dirname, '../..');
const space = workspace();

describe('where TensorFlow cannot load, one line says why', () => {
  /** A package that is this program, by its address. */
  const pretend = (name: string, program: string): string => {
    mkdirSync(space.path, { recursive: true });
    const path = join(space.path, `${name}.mjs`);
    writeFileSync(path, program);
    return pathToFileURL(path).href;
  };
  const missing =
    'The Node.js native addon module (tfjs_binding.node) can not be found at path: /a/b.node. \\nPlease run';
  it.each([
    ['it is not installed', '@tensorflow/tfjs-node-of-nobody', '20.19.0', /^@tensorflow\/tfjs-node is not installed$/],
    ['Node is too new', '@tensorflow/tfjs-node', '23.0.0', /does not run on Node 23: .*util\.isNullOrUndefined/],
    ['Node is much too new', '@tensorflow/tfjs-node', '26.1.0', /does not run on Node 26/],
    [
      'its binding is missing',
      pretend('missing', `throw new Error("${missing}")`),
      '22.0.0',
      /binding of .* is missing$/,
    ],
    [
      'its binding is corrupt',
      pretend('corrupt', `throw new Error('/a/b/tfjs_binding.node: file too short\\nmore')`),
      '20.19.0',
      /: tfjs_binding.node: file too short$/,
    ],
    [
      'it computes on another backend',
      pretend('other', 'export default { version: {}, backend: () => ({}) }'),
      '20.19.0',
      /no TensorFlow binding/,
    ],
  ])('%s', async (_, name, node, expected) => {
    const found = await load(name, node);
    expect(found).toHaveProperty('why');
    const { why } = found as { why: string };
    expect(why).toMatch(expected);
    expect(why).not.toContain('\n');
    expect(why).not.toContain(space.path);
    const { repair } = found as { repair?: string };
    expect(repair).toBe(why.includes('does not run on Node') ? 'run the program with Node 20 or 22' : undefined);
  });
});

/** A process of its own: what it prints, on both streams. */
function run(program: string): { stdout: string; stderr: string } {
  const path = join(space.path, 'program.mts');
  mkdirSync(space.path, { recursive: true });
  writeFileSync(path, program.replaceAll('ROOT', pathToFileURL(ROOT).href));
  const { stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', path], { cwd: ROOT, encoding: 'utf8' });
  return { stdout, stderr };
}

const LOADED = "Object.keys(createRequire(import.meta.url).cache).some((path) => path.includes('tfjs-node'))";

it('`auto` never loads TensorFlow', () => {
  const { stdout } = run(`
    import { createRequire } from 'node:module';
    const { openEngine } = await import('ROOT/src/engines/index.ts');
    const { engine } = await openEngine('auto');
    console.log(engine.kind, ${LOADED});`);
  expect(stdout.trim()).toMatch(/^(native|wasm) false$/);
});

/** The engine where it loads; elsewhere here.ts has said so. */
const here = HERE.some(([kind]) => kind === 'tensorflow');

describe.skipIf(!here)('on TensorFlow', () => {
  const kernels = async (): Promise<Kernels> => {
    const found = await loadTensorFlow();
    if ('why' in found) throw new Error(found.why);
    return found.kernels;
  };

  it('asked for by name it loads, and says nothing of its own', () => {
    const { stdout, stderr } = run(`
      import { createRequire } from 'node:module';
      const { openEngine } = await import('ROOT/src/engines/index.ts');
      const { engine, reason } = await openEngine('tensorflow');
      console.log(engine.kind, reason, ${LOADED});`);
    expect(stdout.trim()).toBe('tensorflow asked for in the config true');
    expect(stderr).toBe('');
  });

  it('is not what `auto` takes', async () => {
    expect((await openEngine('auto')).engine.kind).not.toBe('tensorflow');
  });

  const single = numbers(70);
  const wide = (name: string, options: object, window = shape(), cutting: 'sliding' | 'prefixes' = 'sliding') => ({
    name,
    network: build('stack', options, task(single, window)),
    all: windows(single, window, cutting),
  });
  const spoken = (name: string, vocabulary: number, units: number) => {
    const text = tokens(60, vocabulary, true);
    const window = shape({ pad: 'left' });
    const options = {
      layers: [
        { kind: 'lstm', units },
        { kind: 'dense', units: vocabulary },
      ],
    };
    return { name, network: build('stack', options, task(text, window)), all: windows(text, window, 'prefixes') };
  };
  const spokenOn = (name: string, options: object) => {
    const text = tokens(60, 6);
    const window = shape({ targets: 'every' });
    const network = build('language-model', { ...options, carry: true }, task(text, window));
    return { name, network, all: windows(text, window) };
  };
  const head = { kind: 'dense', units: 1 };
  const lstm = { kind: 'lstm', units: 100 };
  const widest = { kind: 'lstm', units: 192 };
  const padded = shape({ pad: 'left', mask: true });
  /** Wide layers go back another way, the widest forward too; large vocabularies enter another way; what else a network may have. */
  const cases: { readonly name: string; readonly network: Network; readonly all: Windows }[] = [
    wide('wide', { layers: [lstm, head] }),
    wide('wide, one step', { layers: [lstm, head] }, shape({ context: 1 })),
    wide('wide, stacked', { layers: [{ ...lstm, sequences: true }, lstm, head] }),
    wide('wide, both ways, masked', { layers: [{ ...lstm, bidirectional: true }, head] }, padded, 'prefixes'),
    wide('widest, one step', { layers: [widest, head] }, shape({ context: 1 })),
    wide('widest, stacked', { layers: [{ ...widest, sequences: true }, widest, head] }),
    wide('widest, both ways, masked', { layers: [{ ...widest, bidirectional: true }, head] }, padded, 'prefixes'),
    wide('bent dense layers', {
      layers: [
        { kind: 'dense', units: 8, activation: 'sigmoid' },
        { kind: 'lstm', units: 5 },
        { kind: 'dense', units: 8, activation: 'tanh' },
        head,
      ],
    }),
    wide('narrow gru, last step', { layers: [{ kind: 'gru', units: 8 }, head] }),
    wide('wide, every step', { layers: [{ ...lstm, sequences: true }, head] }, shape({ targets: 'every' })),
    spoken('more words than gates', 30, 5),
    spoken('fewer words than gates', 30, 9),
    spoken('more words than gates, wide', 401, 100),
    ...[lstm, { kind: 'lstm', units: 4, activation: 'relu' }].map((layer) =>
      wide(
        `free steps after padding: ${layer.units}`,
        { layers: [layer, layer, head], freeRun: 2, lags: [1, 2], normalise: 'last', skip: true },
        shape({ pad: 'left', mask: true, horizon: 3 }),
        'prefixes',
      ),
    ),
    spokenOn('wide, carried', { layers: [lstm], embedding: 4 }),
    spokenOn('widest, carried', { layers: [widest] }),
    ...NUMBERS,
    ...CARRIED,
  ];

  it.each(cases.map((c) => [c.name, c] as const))('agrees with the reference: %s', async (_, { network, all }) => {
    const weights = rounded(roughWeights(network, 5, 0.2));
    const [expected, found] = [
      await observe(reference, network, weights, all),
      await observe(tensorflow, network, weights, all),
    ];
    for (const key of ['outputs', 'losses', 'norms'] as const) {
      expect(difference(found[key], expected[key]), key).toBeLessThan(key === 'norms' ? 1e-4 : 1e-5);
    }
    for (const [name, { data }] of expected.weights) {
      expect(difference(found.weights.get(name)?.data ?? [], data), name).toBeLessThan(1e-4);
    }
  });

  it.each(cases.map((c) => [c.name, c] as const))(
    'a graph gives the bytes its operations give one by one: %s',
    async (_, { network, all }) => {
      const k = await kernels();
      const weights = roughWeights(network, 5, 0.2);
      const before = k.graphs;
      const [one, graph] = [
        await observe(withPatience(k, Infinity), network, weights, all),
        await observe(withPatience(k, 0), network, weights, all),
      ];
      expect(one.graphs).toBe(before);
      expect(graph.graphs).toBeGreaterThan(before);
      expect(k.graphs).toBe(before);
      for (const key of ['outputs', 'losses', 'norms', 'weights'] as const) expect(graph[key], key).toEqual(one[key]);
    },
  );

  it('makes a graph of what is done often or meant to be, and of nothing else', async () => {
    const k = await kernels();
    const { network, all } = cases[0] as (typeof cases)[number];
    const before = k.graphs;
    const compiled = compileWith(k, network, roughWeights(network));
    await compiled.train(request(all, { batch: 60, until: 1 }));
    expect(k.graphs - before).toBe(0);
    await compiled.train(request(all, { batch: 30, epochs: 1e6, until: 1 })); // what is meant to be done often, at once
    expect(k.graphs - before).toBe(2); // of 30 windows and of 5
    compiled.dispose();
  });

  it('makes a graph of each size of batches, once they have been read often', async () => {
    const k = await kernels();
    const { network, all } = cases[0] as (typeof cases)[number];
    const before = k.graphs;
    const compiled = compileWith(k, network, roughWeights(network));
    await compiled.train(request(all, { batch: 60, epochs: 100, until: 100 }));
    expect(k.graphs - before).toBe(2); // of 60 windows and of 5
    compiled.dispose();
    expect(k.graphs - before).toBe(0);
  });

  describe('several short steps in one graph', () => {
    const window = shape({ context: 4 });
    const layers = [{ kind: 'lstm', units: 3 }, { kind: 'dropout', rate: 0.3 }, head];
    const network = build('stack', { layers }, task(single, window));
    const all = windows(single, window);
    const weights = roughWeights(network);
    /** 8 batches of 8 and one of 2 an epoch. */
    const asked = (changes: Partial<TrainRequest> = {}) =>
      request(all, {
        validation: { ranges: [{ from: 0, first: 4, count: 9, stride: 1 }], count: 9 },
        schedule: { kind: 'one-cycle', warmup: 0.2 },
        epochs: 3,
        until: 3,
        ...changes,
      });

    /** What training gives, how often TensorFlow was called for it, and with how many tensors at most. */
    const trained = async (patience: number, training: TrainRequest, net = network, from = weights) => {
      const k = await kernels();
      let calls = 0;
      let tensors = 0;
      const heard: Kernels = {
        ...k,
        open(...what) {
          const graph = k.open(...what);
          const run = (inputs: readonly number[]) => {
            calls++;
            tensors = Math.max(tensors, inputs.length);
            return graph.run(inputs);
          };
          return { run, close: graph.close };
        },
      };
      const compiled = compileWith(heard, net, from, patience);
      const before = k.live;
      const report = await compiled.train(training);
      const { steps, moments } = compiled.optimizer();
      const found = { report, weights: compiled.weights(), steps, moments };
      if (report.stopped === 'done') await compiled.train({ ...training, from: START }); // moments are there now
      const live = k.live;
      await compiled.train({ ...training, from: START });
      expect(k.live).toBe(live);
      compiled.dispose();
      expect(k.live).toBeLessThan(before);
      return { ...found, calls, tensors };
    };

    it.each([
      ['adam', null, 0],
      ['adam', 0.05, 0],
      ['adam', 0.05, 0.001], // asked for in vain at first
      ['adamw', 0.05, 0],
      ['rmsprop', 0.05, 0],
      ['sgd', 0.05, 0],
    ] as const)('give the bytes they give one by one: %s, clipped at %s, patience %s', async (kind, clip, patience) => {
      const asking = asked({ optimizer: spellOptimizer({ kind }, 0.003), clip });
      const [one, several] = [await trained(Infinity, asking), await trained(patience, asking)];
      expect(one.calls).toBe(0);
      const steps = 3 * 3 * 9; // trained thrice
      expect(several.calls).toBeLessThan(steps * 0.8);
      expect(several.tensors).toBeLessThan(40); // 5 weights with their moments, and not some for each step
      expect({ ...several, calls: 0, tensors: 0 }).toEqual(one);
    });

    it('give the bytes they give one by one: tokens, of which it is counted how many are right', async () => {
      const text = tokens(60, 6);
      const net = build('language-model', { layers: [{ kind: 'gru', units: 3 }], embedding: 2 }, task(text, window));
      const asking = { ...asked(), training: windows(text, window), validation: null };
      const from = roughWeights(net);
      const [one, several] = [await trained(Infinity, asking, net, from), await trained(0, asking, net, from)];
      expect(several.calls).toBeGreaterThan(0);
      expect({ ...several, calls: 0, tensors: 0 }).toEqual(one);
      expect(one.report.records[0]?.accuracy).toBeGreaterThan(0);
    });

    it.each([
      ['break numbers at the step that breaks them', 40, 1e30, 'mse', 'nonfinite'],
      ['sum with care what leaves float32', 40, 1e25, 'mae', 'done'],
    ] as const)('%s', async (_, at, size, loss, stopped) => {
      const high = { ...single, targets: [single.targets[0]!.map((x, i) => (i === at ? size : x)) as Float64Array] };
      const flat = { ...build('stack', { layers: [head] }, task(high, shape({ context: 1 }))), loss: { kind: loss } };
      const asking = asked({
        training: windows(high, shape({ context: 1 })),
        validation: null,
        shuffle: false,
        optimizer: spellOptimizer({ kind: 'sgd' }, 1e-3),
        clip: 1,
      });
      const [one, several] = [
        await trained(Infinity, asking, flat as Network, roughWeights(flat as Network)),
        await trained(0, asking, flat as Network, roughWeights(flat as Network)),
      ];
      expect(one.report.stopped).toBe(stopped);
      expect(several.calls).toBeGreaterThan(0);
      expect({ ...several, calls: 0, tensors: 0 }).toEqual(one);
    });

    it('stop between two calls, and go on to the same bytes', async () => {
      const k = await kernels();
      const asking = asked({ batch: 1, epochs: 1, until: 1 });
      const whole = await trained(0, asking);
      for (const calls of [1, 2, 3]) {
        const compiled = compileWith(k, network, weights, 0);
        const { stopped, position } = await compiled.train({ ...asking, signal: stopAfter(calls) });
        expect(stopped).toBe('aborted');
        expect(position.step).toBeGreaterThanOrEqual(calls);
        expect(position.step).toBeLessThan(65);
        const { records } = await compiled.train({ ...asking, from: position });
        expect(records).toEqual(whole.report.records);
        expect(compiled.weights()).toEqual(whole.weights);
        compiled.dispose();
      }
    });
  });

  describe('a graph passes through a folder', () => {
    afterEach(() => vi.unstubAllEnvs());
    const { network, all } = cases[0] as (typeof cases)[number];
    const weights = roughWeights(network);

    it('that is gone when it is loaded', async () => {
      const folder = join(space.path, 'temporary');
      mkdirSync(folder, { recursive: true });
      vi.stubEnv('TMPDIR', folder);
      const found = await observe(withPatience(await kernels(), 0), network, weights, all);
      expect(found.graphs).toBeGreaterThan(0);
      expect(readdirSync(folder)).toEqual([]);
    });

    it('and where there is none, goes without', async () => {
      const k = await kernels();
      vi.stubEnv('TMPDIR', join(space.path, 'nowhere'));
      const before = k.graphs;
      const found = await observe(withPatience(k, 0), network, weights, all);
      expect(found.graphs).toBe(before);
      vi.unstubAllEnvs();
      expect(found.weights).toEqual((await observe(withPatience(k, 0), network, weights, all)).weights);
    });
  });

  it('no graph is made of more than TensorFlow looks through in a moment', async () => {
    const k = await kernels();
    const long = shape({ context: 200 });
    const series = numbers(230);
    const network = build('stack', { layers: [{ kind: 'gru', units: 4 }, head] }, task(series, long));
    const before = k.graphs;
    const compiled = compileWith(k, network, roughWeights(network), 0);
    await compiled.train(request(windows(series, long)));
    expect(k.graphs).toBe(before);
    compiled.dispose();
  });

  it('gives the same numbers again', async () => {
    const { network, all } = cases[2] as (typeof cases)[number];
    const weights = roughWeights(network);
    const [once, again] = [
      await observe(tensorflow, network, weights, all),
      await observe(tensorflow, network, weights, all),
    ];
    expect(difference(again.outputs, once.outputs)).toBeLessThan(1e-5);
    expect(difference(again.losses, once.losses)).toBeLessThan(1e-5);
  });

  it('holds no tensor more after a thousand steps, and none when disposed of', async () => {
    const k = await kernels();
    const before = k.live;
    const compiled = [];
    for (const [layer, epochs] of [
      [{ kind: 'lstm', units: 4 }, 16],
      [{ kind: 'gru', units: 4, bidirectional: true }, 1],
    ] as const) {
      const options = { layers: [layer, { kind: 'dropout', rate: 0.2 }, { kind: 'layer-norm' }, head] };
      const network = build('stack', options, task(single, shape()));
      const one = await tensorflow.compile(network, roughWeights(network));
      const all = windows(single, shape());
      await one.train(request(all, { batch: 16, until: 1 }));
      await one.evaluate(all, 16);
      await one.predict(all);
      const settled = k.live;
      const { records } = await one.train(request(all, { batch: 1, epochs, until: epochs }));
      await one.evaluate(all, 16);
      await one.predict(all);
      expect(records.length * all.cuts.count).toBe(epochs * 65);
      expect(k.live).toBe(settled);
      compiled.push(one);
    }
    for (const one of compiled) one.dispose();
    expect(k.live).toBe(before);
  });

  it('keeps large zeros of some sizes of batches, not of all that were ever read, and none when disposed of', async () => {
    const k = await kernels();
    const before = k.live;
    const window = shape({ context: 40 });
    const network = build('stack', { layers: [{ kind: 'lstm', units: 32 }, head] }, task(single, window));
    const all = windows(single, window);
    const compiled = compileWith(k, network, roughWeights(network));
    const live: number[] = [];
    for (let batch = 8; batch <= 30; batch++) {
      await compiled.train(request(all, { batch, until: 1 }));
      live.push(k.live);
    }
    const first = live[0] as number;
    expect(Math.max(...live)).toBeGreaterThan(first);
    expect(Math.max(...live) - first).toBeLessThan(12);
    compiled.dispose();
    expect(k.live).toBe(before);
  });

  it('names no more variables than are alive at a time: TensorFlow forgets no name', async () => {
    const k = await kernels();
    const names = new Set<unknown>();
    const heard: Kernels = {
      ...k,
      run(op, attributes, ...inputs) {
        if (op === 'VarHandleOp') names.add(attributes.find(({ name }) => name === 'shared_name')?.value);
        return k.run(op, attributes, ...inputs);
      },
    };
    const { network, all } = cases[0] as (typeof cases)[number];
    const counts = [];
    for (let i = 0; i < 3; i++) {
      const compiled = compileWith(heard, network, roughWeights(network));
      await compiled.train(request(all));
      compiled.dispose();
      counts.push(names.size);
    }
    expect(counts).toEqual([15, 15, 15]); // five weights, two moments of each
  });

  it('what is computed where an error stops a step is freed', async () => {
    const { network, all } = cases[0] as (typeof cases)[number];
    const k = await kernels();
    const compiled = await tensorflow.compile(network, roughWeights(network));
    const settled = k.live;
    const outside = { ...all, cuts: { ranges: [{ from: 0, first: 71, count: 1, stride: 1 }], count: 1 } };
    await expect(compiled.train(request(outside))).rejects.toMatchObject({ code: 'E_DATA_TOO_SHORT' });
    compiled.restore(roughWeights(network), { steps: 0, moments: new Map() });
    expect(k.live).toBeLessThanOrEqual(settled);
    compiled.dispose();
  });

  it('a gradient whose squares leave float32 is a gradient still', async () => {
    const high = { ...single, targets: [single.targets[0]!.map((x) => x * 1e25) as Float64Array] };
    const network = build('stack', { layers: [head] }, task(high, shape({ context: 1 })));
    const all = windows(high, shape({ context: 1 }));
    const still = { optimizer: spellOptimizer({ kind: 'sgd' }, 0), clip: 1, batch: 100, until: 1, epochs: 1 };
    const norms = [];
    for (const engine of [reference, tensorflow]) {
      const flat = { ...network, loss: { kind: 'mae' } } as Network;
      const compiled = await engine.compile(flat, roughWeights(flat));
      const report = await compiled.train(request(all, still));
      expect(report.stopped).toBe('done');
      norms.push(report.records[0]?.gradientNorm as number);
    }
    expect(difference([norms[1] as number], [norms[0] as number])).toBeLessThan(1e-5);
    expect(norms[0]).toBeGreaterThan(1e23);
  });

  it('where several tokens are likeliest, the lowest is taken', async () => {
    const text = tokens(40, 5);
    const network = build(
      'stack',
      {
        layers: [
          { kind: 'lstm', units: 3 },
          { kind: 'dense', units: 5 },
        ],
      },
      task(text, shape()),
    );
    const flat = new Map(
      [...roughWeights(network)].map(([name, t]) => [name, { ...t, data: new Float64Array(t.data.length) }]),
    );
    const all = windows(text, shape());
    const [expected, found] = await Promise.all(
      [reference, tensorflow].map(async (engine) => (await engine.compile(network, flat)).evaluate(all, 7)),
    );
    expect(found?.accuracy).toBe(expected?.accuracy);
    expect(found?.accuracy).toBeGreaterThan(0);
  });
});

/** What float32 can hold, so that both sides start alike; an affine's gamma near 1, since outputs are divided by it. */
function rounded(weights: Tensors): Tensors {
  const near = (name: string, v: number) => Math.fround(name === 'normalise/gamma' ? 1.2 + 0.3 * v : v);
  return new Map(
    [...weights].map(([name, t]) => [name, { ...t, data: Float64Array.from(t.data, (v) => near(name, v)) }]),
  );
}

function request(training: Windows, changes: Partial<TrainRequest> = {}): TrainRequest {
  return {
    training,
    validation: null,
    seed: 3,
    batch: 8,
    shuffle: true,
    optimizer: spellOptimizer({ kind: 'adam' }, 0.003),
    schedule: { kind: 'constant' },
    clip: null,
    epochs: 2,
    from: START,
    until: 2,
    ...changes,
  };
}

/** The engine that waits so long before it makes graphs. */
function withPatience(k: Kernels, patience: number): Pick<Engine, 'compile'> & { readonly graphs: number } {
  return {
    compile: async (network, weights) => compileWith(k, network, weights, patience),
    get graphs() {
      return k.graphs;
    },
  };
}

/** Outputs, losses, gradient norms, weights and graphs of two epochs. */
async function observe(
  engine: Pick<Engine, 'compile'> & { readonly graphs?: number },
  network: Network,
  weights: Tensors,
  all: Windows,
) {
  const compiled = await engine.compile(network, weights);
  const outputs = await compiled.predict(all);
  const { loss } = await compiled.evaluate(all, 7);
  const { records } = await compiled.train(request(all, { validation: all.cuts }));
  const after = compiled.weights();
  const graphs = engine.graphs ?? 0;
  compiled.dispose();
  return {
    graphs,
    outputs,
    losses: [loss, ...records.flatMap((record) => [record.loss, record.validationLoss ?? 0])],
    norms: records.map(({ gradientNorm }) => gradientNorm),
    weights: after,
  };
}

/** Largest difference, relative to the largest value. */
function difference(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  let worst = found.length === expected.length ? 0 : Number.POSITIVE_INFINITY;
  let largest = Number.MIN_VALUE;
  for (let i = 0; i < expected.length; i++) {
    worst = Math.max(worst, Math.abs((found[i] as number) - (expected[i] as number)));
    largest = Math.max(largest, Math.abs(expected[i] as number));
  }
  return worst / largest;
}
