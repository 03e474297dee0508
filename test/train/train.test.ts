import { describe, expect, it } from 'vitest';
import { type ForecastError, Interrupted } from '../../src/core/errors.ts';
import type { Progress } from '../../src/core/forecaster.ts';
import type { Tensors } from '../../src/core/tensor.ts';
import { type Compiled, type EpochRecord, START, type TrainReport } from '../../src/engines/engine.ts';
import { reference } from '../../src/engines/reference/index.ts';
import { initialWeights } from '../../src/models/weights.ts';
import type { TrainState } from '../../src/train/state.ts';
import { type Trained, type TrainHooks, type TrainPlan, train } from '../../src/train/train.ts';
import { takeCuts } from '../../src/window/cuts.ts';
import { build, numbers, shape, task, windows } from '../engines/harness.ts';

const sequence = numbers(24);
const all = windows(sequence, shape());
const network = build('lstm-regressor', { units: [4], dropout: 0.3 }, task(sequence, shape()));
const adam = { kind: 'adam', rate: 0.02, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 } as const;

function planOf(changes: Partial<TrainPlan> = {}): TrainPlan {
  return {
    training: { ...all, cuts: takeCuts(all.cuts, 0, 12) },
    validation: takeCuts(all.cuts, 12, 7),
    seed: 3,
    epochs: 6,
    batch: 4,
    shuffle: true,
    optimizer: adam,
    schedule: { kind: 'one-cycle', warmup: 0.2 },
    clip: 1,
    patience: null,
    epochsPerCall: 1,
    ...changes,
  };
}

const engine = (): Promise<Compiled> => reference.compile(network, initialWeights(network, 3));

const tensors = (all: Tensors) => [...all].map(([name, { data }]) => [name, [...data]]);

/** All of a state that a resumed training could differ in. */
function content({ state, stoppedEarly }: Trained) {
  const { weights, optimizer, best, ...rest } = state;
  return {
    ...rest,
    stoppedEarly,
    weights: tensors(weights),
    steps: optimizer.steps,
    moments: tensors(optimizer.moments),
    best: best && { ...best, weights: tensors(best.weights) },
  };
}

/** An engine whose epochs have the validation losses given; its one weight is the number of epochs done. */
function scripted(losses: readonly (number | null)[], training: readonly number[] = []): Compiled & { calls: number } {
  let weight = 0;
  const weights = (): Tensors => new Map([['w', { shape: [1], data: Float64Array.of(weight) }]]);
  return {
    calls: 0,
    async train({ from, until, onEpoch }): Promise<TrainReport> {
      this.calls++;
      const records: EpochRecord[] = [];
      for (let epoch = from.epoch; epoch <= until; epoch++) {
        const loss = training[epoch - 1] ?? 1;
        const position = { ...START, epoch };
        if (Number.isNaN(loss)) return { records, position, stopped: 'nonfinite' };
        weight = epoch;
        const validationLoss = losses[epoch - 1] ?? null;
        const record = {
          epoch,
          loss,
          validationLoss,
          accuracy: null,
          validationAccuracy: null,
          rate: 1,
          gradientNorm: 1,
        };
        records.push(record);
        onEpoch?.(record);
      }
      return { records, position: { ...START, epoch: until + 1 }, stopped: 'done' };
    },
    evaluate: async () => ({ loss: 1, accuracy: null }),
    predict: async () => new Float64Array(0),
    weights,
    optimizer: () => ({ steps: weight, moments: new Map() }),
    restore: (given) => {
      weight = given.get('w')?.data[0] as number;
    },
    dispose: () => {},
  };
}

const weightOf = (state: TrainState): number => state.weights.get('w')?.data[0] as number;

/** A signal that is raised after it was asked `times` times: once a batch, of steps (three an epoch) and of validations (two). */
function stopAfter(times: number): AbortSignal {
  let asked = 0;
  return {
    get aborted() {
      return asked++ >= times;
    },
  } as AbortSignal;
}

async function failure(work: Promise<unknown>): Promise<ForecastError> {
  return (await work.then(
    () => new Error('nothing was thrown'),
    (error: unknown) => error,
  )) as ForecastError;
}

describe('early stopping', () => {
  it('puts the best epoch’s weights back, in the state and in the engine', async () => {
    const compiled = scripted([5, 3, 2, 4, 6, 7, 8, 9]);
    const { state, stoppedEarly } = await train(compiled, planOf({ epochs: 8, patience: 3 }));
    expect(stoppedEarly).toBe(true);
    expect(state.best).toMatchObject({ epoch: 3, loss: 2 });
    expect(weightOf(state)).toBe(3);
    expect(compiled.weights().get('w')?.data[0]).toBe(3);
    expect(state.history.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it.each([1, 2, 4])('with patience %i makes that many epochs after the best one', async (patience) => {
    const { state } = await train(scripted([3, 2, 4, 4, 4, 4, 4, 4]), planOf({ epochs: 8, patience }));
    expect(state.history).toHaveLength(2 + patience);
  });

  it('an equal loss is not a better one', async () => {
    const { state } = await train(scripted([2, 2, 2, 2]), planOf({ epochs: 4, patience: 2 }));
    expect(state.best?.epoch).toBe(1);
    expect(state.history).toHaveLength(3);
  });

  it('patience begins anew with every better epoch', async () => {
    const { state, stoppedEarly } = await train(scripted([5, 6, 4, 5, 3, 4, 2, 3]), planOf({ epochs: 8, patience: 2 }));
    expect(state.history).toHaveLength(8);
    expect(stoppedEarly).toBe(false);
    expect(weightOf(state)).toBe(7);
  });

  it('watches the training loss where nothing is held out', async () => {
    const { state } = await train(scripted([], [3, 1, 2, 2]), planOf({ epochs: 4, patience: 2, validation: null }));
    expect(state.best).toMatchObject({ epoch: 2, loss: 1 });
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('a validation loss of %d is divergence', async (odd) => {
    const trained = train(scripted([3, odd, 2, 4]), planOf({ epochs: 4, patience: 4 }));
    await expect(trained).rejects.toMatchObject({
      code: 'E_TRAIN_DIVERGED',
      message: expect.stringContaining('kept epoch 1'),
    });
  });

  it('without patience the last weights stay', async () => {
    const { state, stoppedEarly } = await train(scripted([1, 2, 3]), planOf({ epochs: 3 }));
    expect([weightOf(state), state.best, stoppedEarly]).toEqual([3, null, false]);
  });

  it('the weights put back are those the best loss was measured with', async () => {
    const compiled = await engine();
    const plan = planOf({ epochs: 30, patience: 4, optimizer: { ...adam, rate: 0.1 }, clip: null });
    const { state } = await train(compiled, plan);
    const { loss } = await compiled.evaluate(
      { ...all, cuts: plan.validation as NonNullable<typeof plan.validation> },
      4,
    );
    expect(loss).toBe(state.best?.loss);
    expect(loss).toBe(Math.min(...state.history.map((record) => record.validationLoss as number)));
  });
});

describe('divergence', () => {
  it('a loss that is not finite keeps the last good epoch, and says which', async () => {
    const saved: TrainState[] = [];
    const hooks: TrainHooks = { save: async (state) => void saved.push(state) };
    const error = await failure(
      train(scripted([], [1, 0.5, Number.NaN]), planOf({ epochs: 5, epochsPerCall: 5, validation: null }), hooks),
    );
    expect(error).toMatchObject({ code: 'E_TRAIN_DIVERGED', exit: 4 });
    expect(error.message).toMatch(/epoch 3, step 1; kept epoch 2 \(loss 0\.5/);
    expect(error.hint).toContain('train.rate');
    expect(saved.at(-1)?.position).toEqual({ ...START, epoch: 3 });
    expect(saved.at(-1)?.history).toHaveLength(2);
  });

  it('a finite loss a million times the first one is divergence too', async () => {
    const saved: TrainState[] = [];
    const error = await failure(
      train(scripted([], [1, 1e7]), planOf({ epochs: 5, validation: null }), {
        save: async (state) => void saved.push(state),
      }),
    );
    expect(error.message).toMatch(/ran away to 1\.00e\+7 at epoch 2; kept epoch 1/);
    expect(weightOf(saved.at(-1) as TrainState)).toBe(1);
  });

  it('where not even one epoch was good the initial weights are kept', async () => {
    const compiled = await engine();
    const before = tensors(compiled.weights());
    const saved: TrainState[] = [];
    const rate = { kind: 'sgd', rate: 1e200, momentum: 0 } as const;
    const error = await failure(
      train(compiled, planOf({ optimizer: rate, clip: null }), { save: async (state) => void saved.push(state) }),
    );
    expect(error.message).toMatch(/epoch 1, step \d+; kept the initial weights/);
    expect(tensors((saved.at(-1) as TrainState).weights)).toEqual(before);
    expect(tensors(compiled.weights())).toEqual(before);
  });
});

describe('resuming', () => {
  it.each([
    ['a constant rate', { kind: 'constant' }, null],
    ['one-cycle', { kind: 'one-cycle', warmup: 0.2 }, null],
    ['cosine and early stopping', { kind: 'cosine', warmup: 0.1, floor: 0 }, 2],
    ['one-cycle and early stopping', { kind: 'one-cycle', warmup: 0.2 }, 3],
  ] as const)('from a stop at any step ends in the same bytes: dropout with %s', async (_, schedule, patience) => {
    const plan = planOf({ schedule, patience, epochsPerCall: 2 });
    const whole = content(await train(await engine(), plan));
    const batches = (3 + 2) * whole.history.length;
    for (let stop = 0; stop < batches; stop++) {
      const saved: TrainState[] = [];
      const stopped = await failure(
        train(await engine(), plan, { signal: stopAfter(stop), save: async (state) => void saved.push(state) }),
      );
      expect(stopped).toBeInstanceOf(Interrupted);
      expect(content(await train(await engine(), plan, { resume: saved.at(-1) as TrainState }))).toEqual(whole);
    }
  });

  it('from any checkpoint between calls ends in the same bytes', async () => {
    const plan = planOf({ patience: 3 });
    const saved: TrainState[] = [];
    const whole = await train(await engine(), plan, {
      checkpointDue: () => true,
      save: async (state) => void saved.push(state),
    });
    expect(saved.length).toBe(whole.state.history.length - (whole.stoppedEarly ? 0 : 1));
    for (const state of saved)
      expect(content(await train(await engine(), plan, { resume: state }))).toEqual(content(whole));
  });

  it('a finished training is finished: no step is made', async () => {
    const plan = planOf();
    const whole = await train(await engine(), plan);
    const compiled = scripted([]);
    const again = await train(compiled, plan, { resume: whole.state });
    expect(compiled.calls).toBe(0);
    expect(content(again)).toEqual(content(whole));
  });

  it('an abort before the first step ends it there', async () => {
    const signal = stopAfter(1);
    expect(await failure(train(await engine(), planOf(), { signal }))).toBeInstanceOf(Interrupted);
  });

  it('an abort saves the state before it is said', async () => {
    const said: string[] = [];
    const error = await failure(
      train(await engine(), planOf(), {
        signal: stopAfter(3 + 3 + 2 + 1), // batches of the loss before training, an epoch, its validation, a step
        save: async ({ position }) => void said.push(`${position.epoch}/${position.step}`),
      }),
    );
    expect(error).toBeInstanceOf(Interrupted);
    expect(said).toEqual(['2/1']);
    expect(error.message).toBe('stopped after step 1 of epoch 2');
  });
});

describe('continuing', () => {
  it('adds epochs to those done, the optimizer’s steps and the history going on', async () => {
    const first = await train(await engine(), planOf({ schedule: { kind: 'constant' }, epochs: 2 }));
    const more = await train(await engine(), planOf({ schedule: { kind: 'constant' }, epochs: 5 }), {
      resume: first.state,
    });
    const whole = await train(await engine(), planOf({ schedule: { kind: 'constant' }, epochs: 5 }));
    expect(more.state.history.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5]);
    expect(content(more)).toEqual(content(whole));
  });
});

describe('calls', () => {
  it('how many epochs a call has does not change a byte', async () => {
    const whole = content(await train(await engine(), planOf({ epochsPerCall: 1 })));
    for (const epochsPerCall of [2, 3, 6, 100])
      expect(content(await train(await engine(), planOf({ epochsPerCall })))).toEqual(whole);
  });

  it('are as few as early stopping allows', async () => {
    const free = scripted([]);
    await train(free, planOf({ epochs: 7, epochsPerCall: 3 }));
    expect(free.calls).toBe(3);
    const watched = scripted([7, 6, 5, 4]);
    await train(watched, planOf({ epochs: 4, epochsPerCall: 3, patience: 2 }));
    expect(watched.calls).toBe(4);
  });

  it('every epoch is told once, with its losses', async () => {
    const told: Progress[] = [];
    const { state } = await train(await engine(), planOf({ epochsPerCall: 4 }), {
      progress: (progress) => progress.step === progress.steps && told.push(progress),
    });
    expect(told.map(({ epoch, loss, validationLoss }) => [epoch, loss, validationLoss])).toEqual(
      state.history.map(({ epoch, loss, validationLoss }) => [epoch, loss, validationLoss]),
    );
  });
});
