// From a plan and a sequence to a trained network: what numbers and text share.
// In: what the config says, encoded data, where it may be learned from. Out: a compiled network and what its fit came to.
// Not here: forecasting (number-network.ts), scoring and generating tokens (text-network.ts), the loop (train/).

import { ForecastError } from '../core/errors.ts';
import type { FitRequest } from '../core/forecaster.ts';
import type { JsonObject } from '../core/json.ts';
import type { Sequence } from '../core/sequence.ts';
import type { Tensors } from '../core/tensor.ts';
import type { Compiled, Engine } from '../engines/engine.ts';
import { MODELS } from '../models/index.ts';
import type { Network } from '../models/network.ts';
import { lagReach } from '../models/plan.ts';
import { type ModelSummary, summarise } from '../models/summary.ts';
import { initialWeights } from '../models/weights.ts';
import type { TrainState } from '../train/state.ts';
import { type TrainHooks, type TrainPlan, train } from '../train/train.ts';
import { cut, cutoffAt, cutsOf, fromAt, targetSpan, targetsBetween } from '../window/cuts.ts';
import type { CutRange, Cuts, Cutting, WindowShape } from '../window/window.ts';
import { checkMemory } from './memory.ts';

export type TrainOptions = Pick<
  TrainPlan,
  'epochs' | 'batch' | 'shuffle' | 'optimizer' | 'schedule' | 'clip' | 'patience'
> & {
  /** Optimizer steps in all, in place of epochs. */
  readonly steps?: number | undefined;
};

/** What a network forecaster is made of: pieces of the config, and the edge's hooks. */
export interface NetworkSetup {
  readonly name: string;
  /** Kind of the model and its options. */
  readonly model: { readonly kind: string; readonly [option: string]: unknown };
  readonly shape: WindowShape;
  readonly cutting: Cutting;
  readonly train: TrainOptions;
  readonly engine: Engine;
  /** Whether the series are logarithms of those of the run; absent: no. */
  readonly logarithms?: true;
  readonly hooks?: Pick<TrainHooks, 'checkpointDue' | 'save' | 'resume'> & {
    readonly summary?: (summary: ModelSummary, samples: number) => void;
  };
}

/** All that is left of a fitted network when it is put on disk. */
export interface NetworkParts {
  readonly network: Network;
  readonly shape: WindowShape;
  readonly weights: Tensors;
  /** Encoder state: of the columns (numbers), or null where the text's encoder stands elsewhere. */
  readonly encoder: JsonObject | null;
}

/** What a network was made of: the same again is the same network. */
export interface Made {
  readonly model: NetworkSetup['model'];
  /** Whether it was trained on the logarithms of the series; absent: on the series. */
  readonly logarithms?: true;
  readonly seed: number;
  readonly until: number;
  readonly validation: number | null;
}

/** What the network of a plan is made of for a request. */
export function madeOf(
  { model, logarithms }: Pick<NetworkSetup, 'model' | 'logarithms'>,
  { seed, until, validation }: Pick<FitRequest, 'seed' | 'until' | 'validation'>,
): Made {
  return { model, ...(logarithms ? { logarithms } : {}), seed, until, validation };
}

export interface NetworkFit {
  readonly made: Made;
  readonly parts: NetworkParts;
  readonly state: TrainState;
  readonly samples: number;
  readonly parameters: number;
  readonly stoppedEarly: boolean;
}

/** Trains the network a plan describes on the windows of a sequence. Errors: E_DATA_TOO_SHORT, E_LIMIT_MEMORY, and those of `train`. */
export async function fitNetwork(
  plan: NetworkSetup,
  sequence: Sequence,
  request: FitRequest,
  encoder: JsonObject | null,
): Promise<{ compiled: Compiled; fit: NetworkFit }> {
  const { shape, hooks } = plan;
  const network = buildNetwork(plan, sequence);
  const cuts = cut(sequence.segments, { ...shape, context: fullContext(network, plan) }, plan.cutting);
  const trainUntil = request.validation ?? request.until;
  const all = targetsBetween(cuts, shape, 0, trainUntil);
  const { training, epochs } = paced(all, plan.train, lagReach(network) + 1);
  const held = request.validation === null ? null : targetsBetween(cuts, shape, request.validation, request.until);
  const validation = held && hasTarget(held, shape, sequence) ? held : null;
  if (training.count === 0) throw tooShort(sequence, fullContext(network, plan), shape, trainUntil);

  const summary = summarise(network, shape);
  checkMemory(summary, shape, plan.train.batch);
  hooks?.summary?.(summary, training.count);
  warnOverparameterised(summary, training.count * (shape.targets === 'every' ? shape.context : 1), network, request);

  const weights = hooks?.resume?.weights ?? initialWeights(network, request.seed);
  const compiled = await plan.engine.compile(network, weights);
  const { state, stoppedEarly } = await train(
    compiled,
    {
      ...plan.train,
      epochs,
      training: { sequence, shape, cuts: training },
      validation,
      seed: request.seed,
      epochsPerCall: epochsPerCall(summary, training.count),
    },
    {
      ...hooks,
      ...(request.signal ? { signal: request.signal } : {}),
      ...(request.progress ? { progress: request.progress } : {}),
    },
  );
  const parts: NetworkParts = { network, shape, weights: state.weights, encoder };
  const { parameters } = summary;
  return {
    compiled,
    fit: { made: madeOf(plan, request), parts, state, samples: training.count, parameters, stoppedEarly },
  };
}

/**
 * Windows of an epoch, and how many epochs: as they are, or so that the optimizer makes about `steps` steps in all. Where one pass would be
 * more, every k-th window is taken, k without a factor in common with `season`, so that all phases stay among them.
 */
function paced(
  cuts: Cuts,
  { epochs, steps, batch }: TrainOptions,
  season: number,
): { readonly training: Cuts; readonly epochs: number } {
  if (steps === undefined) return { training: cuts, epochs };
  let stride = Math.max(1, Math.ceil(cuts.count / (steps * batch)));
  while (commonFactor(stride, season) > 1) stride++;
  const training = stride === 1 ? cuts : cutsOf(cuts.ranges.map((range) => everyKth(range, stride)));
  return { training, epochs: Math.max(1, Math.round(steps / Math.ceil(training.count / batch))) };
}

/** The newest window is always among them. */
function everyKth(range: CutRange, k: number): CutRange {
  const count = Math.ceil(range.count / k);
  const skipped = range.count - 1 - (count - 1) * k;
  return { from: range.from, first: range.first + skipped * range.stride, count, stride: range.stride * k };
}

function commonFactor(a: number, b: number): number {
  return b === 0 ? a : commonFactor(b, a % b);
}

/** Whether any window has something to predict: the tokens of a held-out part may all be unknown. */
function hasTarget(cuts: Cuts, shape: WindowShape, { tokens, targets }: Sequence): boolean {
  if (!tokens) return cuts.count > 0;
  const ids = targets[0] as Float64Array;
  for (let i = 0; i < cuts.count; i++) {
    const { start, end } = targetSpan(shape, fromAt(cuts, i), cutoffAt(cuts, i));
    for (let p = start; p < end; p++) if ((ids[p] as number) >= 0) return true;
  }
  return false;
}

/** The network a plan describes for a sequence. */
export function buildNetwork(
  plan: Pick<NetworkSetup, 'model' | 'shape'>,
  sequence: Pick<Sequence, 'targets' | 'past' | 'future' | 'tokens'>,
): Network {
  const { kind, ...options } = plan.model;
  const model = MODELS[kind];
  if (!model) throw new ForecastError('E_CONFIG_UNKNOWN_KIND', `no model is called "${kind}"`, { where: 'model.kind' });
  const form = sequence.tokens ? 'text' : 'numbers';
  if (model.form !== 'any' && model.form !== form) {
    throw new ForecastError(
      'E_CONFIG_CONFLICT',
      `${kind} reads ${model.form}, but the source and encoder give ${form}`,
      {
        where: 'model.kind',
        hint: form === 'text' ? 'kind: language-model' : 'kind: lstm-regressor',
      },
    );
  }
  const network = model.build(options, {
    window: plan.shape,
    targets: sequence.targets.length,
    past: sequence.past.length,
    future: sequence.future.length,
    tokens: sequence.tokens,
  });
  refuseForesight(network, plan.shape);
  return network;
}

/** A layer that reads backwards has seen, at each step but the last, what that step is to predict. */
function refuseForesight({ layers }: Network, shape: WindowShape): void {
  const reader = layers.find((layer) => 'bidirectional' in layer && layer.bidirectional)?.name;
  if (shape.targets === 'last' || reader === undefined) return;
  const what = `window.targets is every, and layer "${reader}" reads backwards: each step would see what it is to predict`;
  throw new ForecastError('E_CONFIG_CONFLICT', what, {
    where: `model.layers (${reader})`,
    hint: 'write bidirectional: false, or window.targets: last',
  });
}

/** Positions a full window reads: its context, and before it what its lags reach back to. */
function fullContext(network: Network, { shape, cutting }: Pick<NetworkSetup, 'shape' | 'cutting'>): number {
  return shape.context + (cutting.kind === 'sliding' ? lagReach(network) : 0);
}

function tooShort(sequence: Sequence, context: number, shape: WindowShape, until: number): ForecastError {
  const skip = sequence.segments[0]?.start ?? 0;
  const beyond = skip + shape.lead + shape.horizon;
  const longest = until - beyond - (context - shape.context);
  return new ForecastError(
    'E_DATA_TOO_SHORT',
    `training needs ≥ ${beyond + context} rows for one window, has ${until}`,
    {
      where: 'window.context',
      hint:
        longest >= 1 ? `try window.context ≤ ${longest}` : 'fewer held-out windows, a shorter horizon, or more rows',
    },
  );
}

function warnOverparameterised(summary: ModelSummary, predicted: number, network: Network, request: FitRequest): void {
  const { output } = network;
  const values = predicted * (output.kind === 'numbers' ? output.horizon * output.targets : 1);
  if (summary.parameters <= 20 * values) return;
  request.warn?.({
    code: 'W_OVERPARAMETERISED',
    message: `${summary.parameters} parameters for ${values} training values: expect it to learn them by heart`,
  });
}

/** Epochs worth about two billion multiply-adds (a second or so): rare enough to cost nothing, often enough for checkpoints. */
function epochsPerCall(summary: ModelSummary, samples: number): number {
  return Math.max(1, Math.floor(2e9 / (3 * summary.multiplyAdds * samples)));
}
