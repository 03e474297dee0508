import { expect, it } from 'vitest';
import { ForecastError } from '../../src/core/errors.ts';
import type { Sequence } from '../../src/core/sequence.ts';
import type { Compiled } from '../../src/engines/engine.ts';
import { reference } from '../../src/engines/reference/index.ts';
import type { Network } from '../../src/models/network.ts';
import { reachBack } from '../../src/models/plan.ts';
import { rollout } from '../../src/predict/rollout.ts';
import { cutsAt } from '../../src/window/cuts.ts';
import type { WindowShape } from '../../src/window/window.ts';
import { build, numbers, roughWeights, shape, task, tokens } from '../engines/harness.ts';

function networkOf(sequence: Sequence, window: WindowShape, options: object): Network {
  const kind = sequence.tokens ? 'language-model' : 'lstm-regressor';
  const own = sequence.tokens ? { layers: [{ kind: 'lstm', units: 4 }] } : { units: [4] };
  return build(kind, { ...own, ...options }, task(sequence, window));
}

async function compiled(sequence: Sequence, window: WindowShape, options: object = {}): Promise<Compiled> {
  const network = networkOf(sequence, window, options);
  return await reference.compile(network, roughWeights(network));
}

const same = (outputs: Float64Array): Float64Array => outputs;

it.each([
  ['one target', { targets: 1 }, shape({ horizon: 2 }), {}],
  ['two targets and future covariates', { targets: 2, future: 2 }, shape({ horizon: 3 }), {}],
  ['normalised prefixes', { targets: 1 }, shape({ context: 12, horizon: 2, pad: 'left', mask: true }), {}],
  ['lags before the window', { targets: 2 }, shape({ context: 3, horizon: 2 }), { lags: [1, 4, 9] }],
  [
    'running free, relative to the season before',
    { targets: 2, future: 1 },
    shape({ context: 4, horizon: 3 }),
    {
      lags: [1, 3, 7],
      freeRun: true,
      skip: 'glorot-uniform',
      normalise: { kind: 'season', season: 4, scale: 'deviation' },
    },
  ],
])(
  'k blocks are k predictions, each reading what the ones before it said: %s',
  async (_, channels, window, options) => {
    const blocks = 4;
    const sequence = numbers(20, channels);
    const network = await compiled(sequence, window, options);
    const appended = await rollout({
      compiled: network,
      shape: window,
      sequence,
      cutoffs: [11],
      froms: [0],
      steps: blocks * window.horizon,
      choose: same,
      reach: reachBack(networkOf(sequence, window, options)),
    });
    const known = { ...sequence, targets: sequence.targets.map((channel) => channel.slice()) };
    const expected: number[] = [];
    for (let k = 0; k < blocks; k++) {
      const cutoff = 11 + k * window.horizon;
      const outputs = await network.predict({ sequence: known, shape: window, cuts: cutsAt([cutoff], [0]) });
      expected.push(...outputs);
      for (let h = 0; h < window.horizon; h++) {
        known.targets.forEach((channel, c) => {
          channel[cutoff + h] = outputs[h * known.targets.length + c] as number;
        });
      }
    }
    expect([...appended]).toEqual(expected);
  },
);

it('a batch of cutoffs is the cutoffs one by one', async () => {
  const sequence = numbers(30, { targets: 2, future: 1 });
  const window = shape({ horizon: 2 });
  const network = await compiled(sequence, window);
  const plan = { compiled: network, shape: window, sequence, steps: 5, choose: same };
  const cutoffs = [7, 19, 5, 12];
  const together = await rollout({ ...plan, cutoffs, froms: [0, 0, 0, 10] });
  const alone: number[] = [];
  for (const [n, cutoff] of cutoffs.entries())
    alone.push(...(await rollout({ ...plan, cutoffs: [cutoff], froms: [n === 3 ? 10 : 0] })));
  expect([...together]).toEqual(alone);
  expect(together).toHaveLength(4 * 5 * 2);
});

it('a forecast is the beginning of every longer one', async () => {
  const sequence = numbers(20);
  const window = shape({ horizon: 3 });
  const network = await compiled(sequence, window);
  const plan = { compiled: network, shape: window, sequence, cutoffs: [12], froms: [0], choose: same };
  const long = await rollout({ ...plan, steps: 11 });
  for (const steps of [1, 3, 4, 10])
    expect([...(await rollout({ ...plan, steps }))]).toEqual([...long.subarray(0, steps)]);
});

it('what lies at or after the cutoff, or before the segment, is not read', async () => {
  const sequence = numbers(20);
  const window = shape({ context: 8, horizon: 2, pad: 'left' });
  const network = await compiled(sequence, window);
  const plan = { compiled: network, shape: window, cutoffs: [12], froms: [7], steps: 6, choose: same };
  const other = { ...sequence, targets: [sequence.targets[0]!.map((value, i) => (i < 7 || i >= 12 ? 1e6 : value))] };
  expect(await rollout({ ...plan, sequence: other })).toEqual(await rollout({ ...plan, sequence }));
});

it('the sequence stays as it was', async () => {
  const sequence = numbers(20);
  const before = sequence.targets[0]!.slice();
  const network = await compiled(sequence, shape());
  await rollout({ compiled: network, shape: shape(), sequence, cutoffs: [9], froms: [0], steps: 7, choose: same });
  expect(sequence.targets[0]).toEqual(before);
});

it('text goes on by one id at a time, whatever is chosen', async () => {
  const sequence = tokens(12, 6, true);
  const window = shape({ context: 4, pad: 'left' });
  const network = await compiled(sequence, window);
  const chosen = [3, 1, 5, 2, 4];
  const rows: number[][] = [];
  let next = 0;
  const appended = await rollout({
    compiled: network,
    shape: window,
    sequence,
    cutoffs: [2],
    froms: [0],
    steps: 5,
    choose: (logits) => {
      rows.push([...logits]);
      return [chosen[next++] as number];
    },
  });
  expect([...appended]).toEqual(chosen);
  const ids = Float64Array.from([...sequence.targets[0]!.subarray(0, 2), ...chosen]);
  for (let k = 0; k < 5; k++) {
    const outputs = await network.predict({
      sequence: { ...sequence, length: ids.length, targets: [ids] },
      shape: window,
      cuts: cutsAt([2 + k], [0]),
    });
    expect([...outputs]).toEqual(rows[k]);
  }
});

it.each([
  ['past covariates', { past: 1 }, shape({ horizon: 2 })],
  ['a lead', {}, shape({ horizon: 2, lead: 1 })],
])('beyond one block %s are refused, saying what to do', async (_, channels, window) => {
  const sequence = numbers(20, channels);
  const network = await compiled(sequence, window);
  const plan = { compiled: network, shape: window, sequence, cutoffs: [9], froms: [0], choose: same };
  const error = await rollout({ ...plan, steps: 3 }).catch((error: unknown) => error as ForecastError);
  expect(error).toBeInstanceOf(ForecastError);
  expect(error).toMatchObject({
    code: 'E_CONFIG_CONFLICT',
    where: 'predict.horizon',
    hint: expect.stringContaining('≥ 3'),
  });
  expect(await rollout({ ...plan, steps: 2 })).toHaveLength(2);
});
