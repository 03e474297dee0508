// The one forecaster of numbers around encoders, window, model and training.
// In: a plan and a series in raw units, or what a run left. Out: forecasts in raw units. Not here: training (network.ts), feeding back (rollout.ts).

import type { Series } from '../core/data.ts';
import { ForecastError } from '../core/errors.ts';
import type { FitRequest, FittedNumbers, ForecastRequest, Forecasts, NumberForecaster } from '../core/forecaster.ts';
import type { JsonObject } from '../core/json.ts';
import { checkKnownAhead } from '../core/known-ahead.ts';
import type { Sequence } from '../core/sequence.ts';
import { type FittedEncoders, fitNumbers, restoreNumbers } from '../encoders/chain.ts';
import type { Compiled, Engine } from '../engines/engine.ts';
import type { Network } from '../models/network.ts';
import { centralQuantile, reachBack } from '../models/plan.ts';
import { cutsAt } from '../window/cuts.ts';
import type { Cutting, WindowShape } from '../window/window.ts';
import { fitNetwork, type NetworkFit, type NetworkParts, type NetworkSetup } from './network.ts';
import { refuseUnknowable, rollout } from './rollout.ts';

export interface NumberPlan extends NetworkSetup {
  /** Encoders in order, undone in reverse. */
  readonly chain: readonly { readonly kind: string; readonly [option: string]: unknown }[];
  readonly season: number;
}

export interface FittedNumberNetwork extends FittedNumbers {
  /** Null where it was restored from disk. */
  readonly fit: NetworkFit | null;
  /** The first cutoff with enough rows before it. */
  readonly firstCutoff: number;
}

export interface NumberNetwork extends NumberForecaster {
  fit(series: Series, request: FitRequest): Promise<FittedNumberNetwork>;
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
  const least = network.normalise.kind === 'season' ? network.normalise.season : 1;
  const firstCutoff = encoders.skip + (short ? least : shape.context);
  return {
    name,
    fit,
    firstCutoff,
    async forecast(series: Series, request: ForecastRequest): Promise<Forecasts> {
      const sequence = encode(series);
      checkCutoffs(firstCutoff, request);
      checkFuture(series, shape, request);
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
  const { cutoffs, horizon, signal } = request;
  const start = sequence.segments[0]?.start ?? 0;
  const froms = new Float64Array(cutoffs.length).fill(start);
  const channels = sequence.targets.length;
  if (horizon <= shape.horizon) {
    const outputs = central(network, await compiled.predict({ sequence, shape, cuts: cutsAt(cutoffs, froms) }, signal));
    return horizon === shape.horizon
      ? outputs
      : firstSteps(outputs, cutoffs.length, shape.horizon * channels, horizon * channels);
  }
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
      reach: reachBack(network),
      steps: horizon,
      choose: (outputs) => central(network, outputs),
      signal,
    });
    all.set(values, begin * horizon * channels);
  }
  return all;
}

/** The outputs that are the forecast: all of them, or of several quantiles the one nearest the median. */
function central({ loss, output }: Network, outputs: Float64Array): Float64Array {
  if (loss.kind !== 'pinball' || output.kind !== 'numbers' || output.quantiles === 1) return outputs;
  const { quantiles } = output;
  const nearest = centralQuantile(loss);
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
  series: Pick<Series, 'length' | 'past' | 'future'> & Partial<Series>,
  horizon: number,
): void {
  if (horizon > shape.horizon) refuseUnknowable(series.past.length, shape, horizon);
  checkFuture(series, shape, { cutoffs: [series.length], horizon });
}

/** A forecast shorter than what the network gives at once, or than whole blocks of it, still reads all of the block's rows. */
function checkFuture(
  series: Pick<Series, 'length' | 'future'> & Partial<Series>,
  shape: WindowShape,
  { cutoffs, horizon }: Pick<ForecastRequest, 'cutoffs' | 'horizon'>,
): void {
  const steps = Math.ceil(horizon / shape.horizon) * shape.horizon;
  for (let n = 0; n < cutoffs.length; n++) checkKnownAhead(series, (cutoffs[n] as number) + shape.lead + steps);
}

function firstSteps(outputs: Float64Array, count: number, from: number, to: number): Float64Array {
  const kept = new Float64Array(count * to);
  for (let n = 0; n < count; n++) kept.set(outputs.subarray(n * from, n * from + to), n * to);
  return kept;
}
