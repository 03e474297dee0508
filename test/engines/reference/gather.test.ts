import { expect, it } from 'vitest';
import type { Sequence } from '../../../src/core/sequence.ts';
import { type Batch, emptyBatch } from '../../../src/engines/reference/cell.ts';
import { createGather } from '../../../src/engines/reference/gather.ts';
import { cutsAt } from '../../../src/window/cuts.ts';
import { build, shape, task, tokens } from '../harness.ts';

const LENGTH = 20;
/** Channel n holds 100 n + position. */
const channel = (n: number, length = LENGTH) => Float64Array.from({ length }, (_, p) => 100 * n + p);
const sequence: Sequence = {
  length: LENGTH,
  segments: [{ start: 0, end: LENGTH }],
  targets: [channel(1), channel(2)],
  past: [channel(3)],
  future: [channel(4, LENGTH + 5), channel(5, LENGTH + 5)],
  tokens: null,
};

const fresh = (): Batch => ({ ...emptyBatch(), seed: 1, epoch: 1 });

function gathered(window: ReturnType<typeof shape>, cutoffs: readonly number[], options: object = {}) {
  const gather = createGather(build('lstm-regressor', { units: 2, ...options }, task(sequence, window)));
  const all = {
    sequence,
    shape: window,
    cuts: cutsAt(
      cutoffs,
      cutoffs.map(() => 0),
    ),
  };
  const order = Int32Array.from(cutoffs, (_, i) => i);
  const batch = fresh();
  gather.inputs(all, order, 0, order.length, batch);
  gather.goals(all, order, 0, order.length, batch);
  return { gather, batch };
}

it('a step reads targets, past, then all covariates of each step of its horizon, in that order', () => {
  const { gather, batch } = gathered(shape({ context: 2, horizon: 2, lead: 1 }), [10]);
  expect([batch.steps, batch.windows]).toEqual([2, 1]);
  expect([...gather.input.subarray(0, 14)]).toEqual([
    ...[108, 208, 308, 410, 510, 411, 511], // position 8: covariates of 8 + 1 + lead = 10, then of 11
    ...[109, 209, 309, 411, 511, 412, 512],
  ]);
  expect([...gather.targets.subarray(0, 4)]).toEqual([111, 211, 112, 212]);
});

it('rows are time-major: all windows of a step, then the next step', () => {
  const { gather } = gathered(shape({ context: 2 }), [10, 15]);
  const F = 5;
  expect([0, 1, 2, 3].map((row) => gather.input[row * F])).toEqual([108, 113, 109, 114]);
});

it('short windows are padded with zeros on the left, and the mask says where', () => {
  const { gather, batch } = gathered(shape({ context: 3, pad: 'left', mask: true }), [2, 9]);
  const F = 5;
  expect([0, 2, 4].map((row) => gather.input[row * F])).toEqual([0, 100, 101]);
  expect([...(batch.mask as Uint8Array).subarray(0, 6)]).toEqual([0, 1, 1, 1, 1, 1]);
});

it('normalisation takes the last value, or a mean, off target channels alone', () => {
  const last = gathered(shape({ context: 3 }), [10], { normalise: 'last' }).gather;
  expect([0, 1, 2].map((row) => last.input[row * 5])).toEqual([-2, -1, 0]);
  expect(last.input[2]).toBe(307);
  expect(last.targets[0]).toBe(1);
  const mean = gathered(shape({ context: 3 }), [10], { normalise: { kind: 'mean', count: 2 } }).gather;
  expect([0, 1, 2].map((row) => mean.input[row * 5])).toEqual([-1.5, -0.5, 0.5]);
});

it('with every step a target, each step’s target follows it, and padding has none', () => {
  const { gather } = gathered(shape({ context: 3, pad: 'left', targets: 'every' }), [2, 9]);
  expect([...(gather.kept as Uint8Array).subarray(0, 6)]).toEqual([0, 1, 1, 1, 1, 1]);
  expect([1, 2, 3, 4, 5].map((row) => gather.targets[row * 2])).toEqual([107, 101, 108, 102, 109]);
  expect(gather.count).toBe(5);
});

it('ids are gathered as they are; padding is id 0, or no id where 0 is a token', () => {
  for (const [padding, pad] of [
    [true, 0],
    [false, -1],
  ] as const) {
    const text = tokens(8, 5, padding);
    const window = shape({ context: 4, pad: 'left' });
    const gather = createGather(build('language-model', { layers: [{ kind: 'lstm', units: 2 }] }, task(text, window)));
    const batch = fresh();
    gather.inputs({ sequence: text, shape: window, cuts: cutsAt([2], [0]) }, Int32Array.of(0), 0, 1, batch);
    expect([...(batch.ids as Int32Array).subarray(0, 4)]).toEqual([
      pad,
      pad,
      text.targets[0]?.[0],
      text.targets[0]?.[1],
    ]);
  }
});

it('covariates that end too early, and a window without inputs, are refused', () => {
  const short = { ...sequence, future: sequence.future.map((c) => c.subarray(0, LENGTH)) };
  const window = shape({ context: 2, horizon: 2 });
  const gather = createGather(build('lstm-regressor', { units: 2 }, task(sequence, window)));
  const all = (cutoff: number) => ({ sequence: short, shape: window, cuts: cutsAt([cutoff], [0]) });
  expect(() => gather.inputs(all(20), Int32Array.of(0), 0, 1, fresh())).toThrow(/position 20.* 22/);
  expect(() => gather.inputs(all(0), Int32Array.of(0), 0, 1, fresh())).toThrow(/position 0/);
});
