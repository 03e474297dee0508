// The one forecaster around window + model + engine + training, for numbers and for text.
// In: a plan (what the config says) and a history. Out: something fitted that forecasts, scores and generates. Not here: disk, scores, samplers.

import type { Series } from '../core/data.ts';
import { ForecastError } from '../core/errors.ts';
import type {
  FitRequest,
  FittedNumbers,
  FittedText,
  ForecastRequest,
  Forecasts,
  NumberForecaster,
  TextForecaster,
} from '../core/forecaster.ts';
import type { JsonObject } from '../core/json.ts';
import type { Sequence } from '../core/sequence.ts';
import type { Tensors } from '../core/tensor.ts';
import { type FittedEncoders, fitNumbers, restoreNumbers } from '../encoders/chain.ts';
import type { Compiled, Engine } from '../engines/engine.ts';
import { MODELS } from '../models/index.ts';
import type { Network } from '../models/network.ts';
import { type ModelSummary, summarise } from '../models/summary.ts';
import { initialWeights } from '../models/weights.ts';
import type { TrainState } from '../train/state.ts';
import { type TrainHooks, type TrainPlan, train } from '../train/train.ts';
import { cut, cutsAt, takeCuts, targetsBetween } from '../window/cuts.ts';
import type { Cutting, WindowShape } from '../window/window.ts';
import { refuseUnknowable, rollout } from './rollout.ts';

export type TrainOptions = Pick<
  TrainPlan,
  'epochs' | 'batch' | 'shuffle' | 'optimizer' | 'schedule' | 'clip' | 'patience'
>;

/** What a network forecaster is made of: pieces of the config, and the edge's hooks. */
export interface NetworkPlan {
  readonly name: string;
  /** Kind of the model and its options. */
  readonly model: { readonly kind: string; readonly [option: string]: unknown };
  readonly shape: WindowShape;
  readonly cutting: Cutting;
  readonly train: TrainOptions;
  readonly engine: Engine;
  readonly hooks?: Pick<TrainHooks, 'checkpointDue' | 'save' | 'resume'> & {
    readonly summary?: (summary: ModelSummary, samples: number) => void;
  };
}

export interface NumberPlan extends NetworkPlan {
  /** Encoders in order, undone in reverse. */
  readonly chain: readonly { readonly kind: string; readonly [option: string]: unknown }[];
  readonly season: number;
}

/** All that is left of a fitted network when it is put on disk. */
export interface NetworkParts {
  readonly network: Network;
  readonly shape: WindowShape;
  readonly weights: Tensors;
  /** Encoder state: of the columns (numbers), or null where the text's encoder stands elsewhere. */
  readonly encoder: JsonObject | null;
}

export interface NetworkFit {
  readonly parts: NetworkParts;
  readonly state: TrainState;
  readonly samples: number;
  readonly parameters: number;
  readonly stoppedEarly: boolean;
}

export interface FittedNumberNetwork extends FittedNumbers {
  /** Null where it was restored from disk. */
  readonly fit: NetworkFit | null;
  /** The first cutoff with enough rows before it. */
  readonly firstCutoff: number;
}

export interface FittedTextNetwork extends FittedText {
  readonly fit: NetworkFit | null;
  /** Logits (V) of the token after `ids`, and the ids that follow as `choose` picks them. */
  continue(ids: Float64Array, steps: number, choose: (logits: Float64Array) => number): Promise<Float64Array>;
}

export interface NumberNetwork extends NumberForecaster {
  fit(series: Series, request: FitRequest): Promise<FittedNumberNetwork>;
}

export interface TextNetwork extends TextForecaster {
  fit(sequence: Sequence, request: FitRequest): Promise<FittedTextNetwork>;
}

/** A network forecaster of numbers: encoders, window, model and training behind the one contract. */
export function numberNetwork(plan: NumberPlan): NumberNetwork {
  return {
    name: plan.name,
    async fit(series, request) {
      const encoders = fitNumbers(
        series,
        request.validation ?? request.until,
        plan.chain,
        plan.season,
        plan.shape.lead,
      );
      const sequence = encoders.encode(series);
      const { compiled, fit } = await fitNetwork(plan, sequence, request, encoders.state);
      const made = { name: plan.name, compiled, parts: fit.parts, cutting: plan.cutting.kind, encoders };
      return fittedNumbers(made, fit, { series, sequence });
    },
  };
}

/** A network forecaster of tokens. */
export function textNetwork(plan: NetworkPlan): TextNetwork {
  return {
    name: plan.name,
    async fit(sequence, request) {
      const { compiled, fit } = await fitNetwork(plan, sequence, request, null);
      return fittedText(plan.name, compiled, plan.shape, sequence.tokens as NonNullable<Sequence['tokens']>, fit);
    },
  };
}

/** The number network that `parts` were left by, fitted on windows cut as `cutting` says. */
export async function restoreNumberNetwork(
  name: string,
  parts: NetworkParts,
  cutting: Cutting['kind'],
  engine: Engine,
): Promise<FittedNumberNetwork> {
  const compiled = await engine.compile(parts.network, parts.weights);
  const encoders = restoreNumbers(parts.encoder as JsonObject);
  return fittedNumbers({ name, compiled, parts, cutting, encoders }, null, null);
}

/** The text network that `parts` were left by. */
export async function restoreTextNetwork(
  name: string,
  parts: NetworkParts,
  engine: Engine,
): Promise<FittedTextNetwork> {
  const compiled = await engine.compile(parts.network, parts.weights);
  const { input } = parts.network;
  if (input.kind !== 'tokens')
    throw new ForecastError('E_USAGE', 'this run forecasts numbers; there is no text to generate', {
      hint: 'forecast predict',
    });
  return fittedText(name, compiled, parts.shape, input, null);
}

async function fitNetwork(
  plan: NetworkPlan,
  sequence: Sequence,
  request: FitRequest,
  encoder: JsonObject | null,
): Promise<{ compiled: Compiled; fit: NetworkFit }> {
  const { shape, hooks } = plan;
  const cuts = cut(sequence.segments, shape, plan.cutting);
  const trainUntil = request.validation ?? request.until;
  const training = targetsBetween(cuts, shape, 0, trainUntil);
  const validation =
    request.validation === null ? null : targetsBetween(cuts, shape, request.validation, request.until);
  if (training.count === 0) throw tooShort(sequence, shape, trainUntil);

  const network = buildNetwork(plan, sequence);
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
      training: { sequence, shape, cuts: training },
      validation: validation && validation.count > 0 ? validation : null,
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
  return { compiled, fit: { parts, state, samples: training.count, parameters: summary.parameters, stoppedEarly } };
}

/** The network a plan describes for a sequence. */
export function buildNetwork(
  plan: Pick<NetworkPlan, 'model' | 'shape'>,
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
  return model.build(options, {
    window: plan.shape,
    targets: sequence.targets.length,
    past: sequence.past.length,
    future: sequence.future.length,
    tokens: sequence.tokens,
  });
}

function tooShort(sequence: Sequence, shape: WindowShape, until: number): ForecastError {
  const skip = sequence.segments[0]?.start ?? 0;
  const beyond = skip + shape.lead + shape.horizon;
  const longest = until - beyond;
  return new ForecastError(
    'E_DATA_TOO_SHORT',
    `training needs ≥ ${beyond + shape.context} rows for one window, has ${until}`,
    {
      where: 'window.context',
      hint:
        longest >= 1 ? `try window.context ≤ ${longest}` : 'fewer held-out windows, a shorter horizon, or more rows',
    },
  );
}

const GIB = 1_073_741_824;
/** Beyond it a small machine swaps or dies. */
const MEMORY_LIMIT_GIB = 2;
/** Float64 values an engine keeps per parameter (weight, gradient, two moments) and per unit and step (gates, states, gradients). */
const VALUES_PER_PARAMETER = 4;
const VALUES_PER_UNIT = 10;

/** Weights with their moments, and the activations of one batch: refused before anything is allocated. */
function checkMemory(summary: ModelSummary, shape: WindowShape, batch: number): void {
  // A layer after the last step's row works on that row alone, however long the window.
  const rows = summary.layers.reduce((sum, layer, l) => {
    const steps = l === 0 || (summary.layers[l - 1]?.output.length ?? 0) > 1 ? shape.context : 1;
    return sum + steps * (layer.output.at(-1) ?? 0);
  }, 0);
  const values = VALUES_PER_PARAMETER * summary.parameters + VALUES_PER_UNIT * rows * batch;
  const needed = (8 * values) / GIB;
  if (needed <= MEMORY_LIMIT_GIB) return;
  const what = `the model needs about ${needed.toPrecision(2)} GiB (${summary.parameters} parameters)`;
  throw new ForecastError('E_LIMIT_MEMORY', `${what}; the limit is ${MEMORY_LIMIT_GIB} GiB`, {
    where: 'model',
    hint: 'fewer units, a smaller train.batch or a shorter window.context',
  });
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

/** What a fitted network of numbers is made of, whether just trained or read from disk. */
interface NumberPieces {
  readonly name: string;
  readonly compiled: Compiled;
  readonly parts: Pick<NetworkParts, 'network' | 'shape'>;
  readonly cutting: Cutting['kind'];
  readonly encoders: FittedEncoders;
}

function fittedNumbers(
  { name, compiled, parts, cutting, encoders }: NumberPieces,
  fit: NetworkFit | null,
  encoded: { series: Series; sequence: Sequence } | null,
): FittedNumberNetwork {
  const { network, shape } = parts;
  let last = encoded;
  const encode = (series: Series): Sequence => {
    if (last?.series !== series) last = { series, sequence: encoders.encode(series) };
    return last.sequence;
  };
  // Prefixes were learned from one known row on; a network of full windows reads shorter ones only where they are padded.
  const short = shape.pad === 'left' || cutting === 'prefixes';
  const firstCutoff = encoders.skip + (short ? 1 : shape.context);
  return {
    name,
    fit,
    firstCutoff,
    async forecast(series: Series, request: ForecastRequest): Promise<Forecasts> {
      const sequence = encode(series);
      checkCutoffs(firstCutoff, request);
      const values = await forecastEncoded(compiled, network, shape, sequence, request);
      encoders.decode(values, series, request.cutoffs, request.lead, request.horizon);
      return { values };
    },
    state: () => encoders.state,
    dispose: () => compiled.dispose(),
  };
}

function checkCutoffs(needed: number, request: ForecastRequest): void {
  for (let n = 0; n < request.cutoffs.length; n++) {
    if ((request.cutoffs[n] as number) >= needed) continue;
    throw new ForecastError(
      'E_DATA_TOO_SHORT',
      `the network reads ${needed} rows before a forecast, there are ${request.cutoffs[n]}`,
      {
        where: 'window.context',
        hint: 'more history in the data file',
      },
    );
  }
}

async function forecastEncoded(
  compiled: Compiled,
  network: Network,
  shape: WindowShape,
  sequence: Sequence,
  request: ForecastRequest,
): Promise<Float64Array> {
  const { cutoffs, horizon } = request;
  const start = sequence.segments[0]?.start ?? 0;
  const froms = new Float64Array(cutoffs.length).fill(start);
  const channels = sequence.targets.length;
  if (horizon <= shape.horizon) {
    checkFuture(sequence, shape, cutoffs, horizon);
    const outputs = central(network, await compiled.predict({ sequence, shape, cuts: cutsAt(cutoffs, froms) }));
    return horizon === shape.horizon
      ? outputs
      : firstSteps(outputs, cutoffs.length, shape.horizon * channels, horizon * channels);
  }
  checkFuture(sequence, shape, cutoffs, horizon);
  const all = new Float64Array(cutoffs.length * horizon * channels);
  // Strips copy their contexts: a thousand at a time bounds the memory.
  for (let begin = 0; begin < cutoffs.length; begin += 1024) {
    const part = Array.prototype.slice.call(cutoffs, begin, begin + 1024) as number[];
    const values = await rollout({
      compiled,
      shape,
      sequence,
      cutoffs: part,
      froms: froms.subarray(begin, begin + part.length),
      steps: horizon,
      choose: (outputs) => central(network, outputs),
    });
    all.set(values, begin * horizon * channels);
  }
  return all;
}

/** The outputs that are the forecast: all of them, or of several quantiles the one nearest the median. */
function central({ loss, output }: Network, outputs: Float64Array): Float64Array {
  if (loss.kind !== 'pinball' || output.kind !== 'numbers' || output.quantiles === 1) return outputs;
  const { quantiles } = output;
  const distances = loss.quantiles.map((quantile) => Math.abs(quantile - 0.5));
  const nearest = distances.indexOf(Math.min(...distances));
  return Float64Array.from(
    { length: outputs.length / quantiles },
    (_, i) => outputs[i * quantiles + nearest] as number,
  );
}

/**
 * Refuses a forecast of `horizon` steps after the end of a series that its columns could not feed: what forecasting would say, said
 * before anything is trained. Errors: E_CONFIG_CONFLICT (past covariates or a lead beyond window.horizon), E_DATA_FUTURE.
 */
export function checkReach(
  shape: WindowShape,
  series: Pick<Series, 'length' | 'past' | 'future'>,
  horizon: number,
): void {
  if (horizon > shape.horizon) refuseUnknowable(series.past.length, shape, horizon);
  checkFuture({ future: series.future.map(({ values }) => values) }, shape, [series.length], horizon);
}

/** A forecast shorter than what the network gives at once, or than whole blocks of it, still reads all of the block's rows. */
function checkFuture(
  sequence: Pick<Sequence, 'future'>,
  shape: WindowShape,
  cutoffs: ArrayLike<number>,
  horizon: number,
): void {
  const known = Math.min(...sequence.future.map((channel) => channel.length), Number.POSITIVE_INFINITY);
  const steps = Math.ceil(horizon / shape.horizon) * shape.horizon;
  for (let n = 0; n < cutoffs.length; n++) {
    const needed = (cutoffs[n] as number) + shape.lead + steps;
    if (needed <= known) continue;
    throw new ForecastError(
      'E_DATA_FUTURE',
      `forecasting needs the future columns up to row ${needed}, they end at row ${known}`,
      {
        where: 'source.future',
        hint: 'append rows with the future columns filled and the targets empty',
      },
    );
  }
}

function firstSteps(outputs: Float64Array, count: number, from: number, to: number): Float64Array {
  const kept = new Float64Array(count * to);
  for (let n = 0; n < count; n++) kept.set(outputs.subarray(n * from, n * from + to), n * to);
  return kept;
}

/** Logits held at a time while text is scored: 32 MiB. */
const BLOCK_LOGITS = 4_194_304;

function fittedText(
  name: string,
  compiled: Compiled,
  shape: WindowShape,
  tokens: { readonly vocabulary: number; readonly padding: boolean },
  fit: NetworkFit | null,
): FittedTextNetwork {
  return {
    name,
    fit,
    async score(sequence, cutoffs, froms) {
      const count = cutoffs.length;
      const logProbability = new Float64Array(count);
      const correct = new Uint8Array(count);
      const cuts = cutsAt(cutoffs, froms);
      const ids = sequence.targets[0] as Float64Array;
      // In blocks: a row of logits per token, over a large vocabulary, would be more than the network itself.
      const block = Math.max(256, Math.floor(BLOCK_LOGITS / tokens.vocabulary));
      for (let begin = 0; begin < count; begin += block) {
        const logits = await compiled.predict({ sequence, shape, cuts: takeCuts(cuts, begin, block) });
        for (let n = begin; n < Math.min(begin + block, count); n++) {
          const row = logits.subarray((n - begin) * tokens.vocabulary, (n - begin + 1) * tokens.vocabulary);
          const truth = ids[(cutoffs[n] as number) + shape.lead] as number;
          logProbability[n] = truth < 0 ? Number.NaN : (row[truth] as number) - logSumExp(row);
          correct[n] = truth === likeliest(row) ? 1 : 0;
        }
      }
      return { logProbability, correct };
    },
    async continue(ids, steps, choose) {
      const length = ids.length;
      const sequence: Sequence = {
        length,
        segments: [{ start: 0, end: length }],
        targets: [ids],
        past: [],
        future: [],
        tokens,
      };
      return await rollout({
        compiled,
        shape,
        sequence,
        cutoffs: [length],
        froms: [0],
        steps,
        choose: (logits) => [choose(logits)],
      });
    },
    state: () => ({}),
    dispose: () => compiled.dispose(),
  };
}

function logSumExp(logits: Float64Array): number {
  let top = Number.NEGATIVE_INFINITY;
  for (const logit of logits) if (logit > top) top = logit;
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - top);
  return top + Math.log(sum);
}

function likeliest(logits: Float64Array): number {
  let best = 0;
  for (let id = 1; id < logits.length; id++) if ((logits[id] as number) > (logits[best] as number)) best = id;
  return best;
}
