// Several epochs in one call of the native kernels: what they end in, tell and leave behind is what one epoch a call does.
import { describe, expect, it } from 'vitest';
import {
  type Compiled,
  type EpochRecord,
  START,
  type TrainReport,
  type TrainRequest,
} from '../../src/engines/engine.ts';
import { loadAddon } from '../../src/engines/native/addon.ts';
import { native } from '../../src/engines/native/index.ts';
import type { OptimizerSpec } from '../../src/optimizers/optimizer.ts';
import { build, numbers, roughWeights, shape, task, tokens, windows } from './harness.ts';

const EPOCHS = 24;
const adam: OptimizerSpec = { kind: 'adam', rate: 0.003, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 };

function subject(name: string, options: object, changes: Partial<TrainRequest> = {}) {
  const text = name === 'words';
  const sequence = text ? tokens(60, 12, true) : numbers(60, { past: 1 });
  const window = shape({ context: 8, pad: name === 'padded' ? 'left' : 'none', mask: name === 'padded' });
  const all = windows(sequence, window);
  const network = build(text ? 'language-model' : 'lstm-regressor', options, task(sequence, window));
  const request: TrainRequest = {
    training: all,
    validation: null,
    seed: 5,
    batch: 16,
    shuffle: true,
    optimizer: adam,
    schedule: { kind: 'cosine', warmup: 0.1, floor: 0.1 },
    clip: 0.7,
    epochs: EPOCHS,
    from: START,
    until: EPOCHS,
    ...changes,
  };
  return { name, request, open: () => native.compile(network, roughWeights(network)) };
}
const SUBJECTS = [
  subject('numbers', { units: 20 }),
  subject('dropout', { units: 12, dropout: 0.4, cell: 'gru' }),
  subject('padded', { units: [9, 5] }),
  subject('words', { embedding: 6, layers: [{ kind: 'lstm', units: 10 }] }),
  subject('time order', { units: 20 }, { shuffle: false, clip: null, schedule: { kind: 'constant' } }),
];

const left = (compiled: Compiled) => ({
  weights: [...compiled.weights()].map(([name, { data }]) => [name, [...data]]),
  moments: [...compiled.optimizer().moments].map(([name, { data }]) => [name, [...data]]),
  steps: compiled.optimizer().steps,
});

/** One epoch a call. */
async function oneByOne(compiled: Compiled, request: TrainRequest): Promise<TrainReport> {
  const records: EpochRecord[] = [];
  for (let epoch = 1; ; epoch++) {
    const report = await compiled.train({ ...request, from: { ...START, epoch }, until: epoch });
    records.push(...report.records);
    if (report.stopped !== 'done' || epoch === request.until) return { ...report, records };
  }
}

describe.skipIf(!('addon' in loadAddon()))('epochs of one call of the native engine', () => {
  it.each(SUBJECTS.map((s) => [s.name, s] as const))(
    'end in what one by one they do: %s',
    async (_, { request, open }) => {
      const [together, apart] = [await open(), await open()];
      const told: EpochRecord[] = [];
      const report = await together.train({ ...request, onEpoch: (record) => told.push(record) });
      expect(report).toEqual(await oneByOne(apart, request));
      expect(told).toEqual(report.records);
      expect(report.records).toHaveLength(EPOCHS);
      expect(left(together)).toEqual(left(apart));
    },
  );

  it.each(SUBJECTS.map((s) => [s.name, s] as const))(
    'stopped at any time, go on to the same end: %s',
    async (_, given) => {
      const request = { ...given.request, epochs: 1200, until: 1200 };
      const whole = await given.open();
      const { records } = await whole.train(request);
      let compiled = await given.open();
      let { from } = request;
      const history: EpochRecord[] = [];
      let stops = 0;
      for (let delay = 1; ; delay += 3) {
        const stop = new AbortController();
        const timer = setTimeout(() => stop.abort(), delay);
        const report = await compiled.train({ ...request, from, signal: stop.signal });
        clearTimeout(timer);
        history.push(...report.records);
        from = report.position;
        if (report.stopped === 'done') break;
        expect(report.stopped).toBe('aborted');
        stops++;
        const next = await given.open();
        next.restore(compiled.weights(), compiled.optimizer());
        compiled = next;
      }
      expect(stops).toBeGreaterThan(0);
      expect(history).toEqual(records);
      expect(left(compiled)).toEqual(left(whole));
    },
  );

  it('fall back to the last whole one where a later one is not finite', async () => {
    const { request, open } = subject('numbers', { units: 6, activation: 'relu' }, { clip: null, shuffle: false });
    const lost = {
      ...request,
      optimizer: { kind: 'sgd', rate: 3, momentum: 0.9 } as OptimizerSpec,
      schedule: { kind: 'constant' } as const,
    };
    const [together, apart] = [await open(), await open()];
    const report = await together.train(lost);
    expect(report.stopped).toBe('nonfinite');
    expect(report.records.length).toBeGreaterThan(0);
    expect(report).toEqual(await oneByOne(apart, lost));
    expect(left(together)).toEqual(left(apart));
    expect(together.optimizer().steps).toBe(report.records.length * 4);
  });
});
