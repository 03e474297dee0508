// Continuing a sequence: predict a block, choose what to append, slide, again. Numbers and text alike.
// In: a compiled network, cutoffs in a sequence, a chooser. Out: what was appended. Not here: encoders, samplers' arithmetic.

import { ForecastError } from '../core/errors.ts';
import type { Sequence } from '../core/sequence.ts';
import type { Compiled } from '../engines/engine.ts';
import type { CutRange, Cuts, WindowShape } from '../window/window.ts';

export interface Rollout {
  readonly compiled: Compiled;
  readonly shape: WindowShape;
  readonly sequence: Sequence;
  /** N cutoffs: everything before each is known. */
  readonly cutoffs: ArrayLike<number>;
  /** Where the window of each cutoff may start reading. */
  readonly froms: ArrayLike<number>;
  /** Values before a window's first input that the network reads too (lags, a seasonal base); absent: none. */
  readonly reach?: number;
  /** Steps to append to each. */
  readonly steps: number;
  /** From one window's outputs to the block that is appended: horizon × C values (one id for text). */
  readonly choose: (outputs: Float64Array, window: number) => ArrayLike<number>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Values appended after each cutoff: (N, steps, C). Forecasts longer than the window's horizon feed their own blocks back.
 * Errors: E_CONFIG_CONFLICT where feeding back would need values nobody has (past covariates, a lead).
 */
export async function rollout(plan: Rollout): Promise<Float64Array> {
  const { compiled, shape, sequence, steps } = plan;
  const count = plan.cutoffs.length;
  const channels = sequence.targets.length; // C
  const block = sequence.tokens ? 1 : shape.horizon;
  if (steps > block) refuseUnknowable(sequence.past.length, shape, steps);
  const strips = layStrips(plan, Math.ceil(steps / block) * block);
  const appended = new Float64Array(count * steps * channels);
  for (let done = 0; done < steps; done += block) {
    const windows = { sequence: strips.sequence, shape, cuts: strips.cutsAfter(done) };
    const outputs = await compiled.predict(windows, plan.signal);
    const width = outputs.length / count;
    for (let n = 0; n < count; n++) {
      const chosen = plan.choose(outputs.subarray(n * width, (n + 1) * width), n);
      for (let h = 0; h < block; h++) {
        for (let c = 0; c < channels; c++) {
          const value = chosen[h * channels + c] as number;
          (strips.sequence.targets[c] as Float64Array)[strips.position(n, done + h)] = value;
          if (done + h < steps) appended[(n * steps + done + h) * channels + c] = value;
        }
      }
    }
  }
  return appended;
}

/** Errors: E_CONFIG_CONFLICT where blocks cannot be fed back: with `past` covariates, or a lead. */
export function refuseUnknowable(past: number, shape: WindowShape, steps: number): void {
  if (past === 0 && shape.lead === 0) return;
  const why = shape.lead > 0 ? `a lead of ${shape.lead}` : 'past covariates, whose future nobody knows,';
  throw new ForecastError(
    'E_CONFIG_CONFLICT',
    `${steps} steps ahead with window.horizon ${shape.horizon} and ${why} cannot be fed back`,
    {
      where: 'predict.horizon',
      hint: `window.horizon ≥ ${steps} forecasts them at once`,
    },
  );
}

interface Strips {
  readonly sequence: Sequence;
  cutsAfter(appended: number): Cuts;
  position(strip: number, step: number): number;
}

/** Each window's context, and what it reaches back to, copied into a strip of its own, with room for what will be appended: [context | steps]. */
function layStrips(plan: Rollout, room: number): Strips {
  const { lead } = plan.shape;
  const context = plan.shape.context + (plan.reach ?? 0);
  const count = plan.cutoffs.length;
  const width = context + lead + room;
  const copy = (source: Float64Array, ahead: number): Float64Array => {
    const strip = new Float64Array(count * width);
    for (let n = 0; n < count; n++) {
      const cutoff = plan.cutoffs[n] as number;
      const from = Math.max(plan.froms[n] as number, cutoff - context);
      strip.set(source.subarray(from, cutoff + ahead), n * width + context - (cutoff - from));
    }
    return strip;
  };
  const { sequence } = plan;
  const starts = Array.from({ length: count }, (_, n) => {
    const length = Math.min(context, (plan.cutoffs[n] as number) - (plan.froms[n] as number));
    return n * width + context - length;
  });
  return {
    sequence: {
      length: count * width,
      segments: starts.map((start, n) => ({ start, end: (n + 1) * width })),
      targets: sequence.targets.map((channel) => copy(channel, 0)),
      past: sequence.past.map((channel) => copy(channel, 0)),
      future: sequence.future.map((channel) => copy(channel, lead + room)),
      tokens: sequence.tokens,
    },
    cutsAfter: (appended) => ({
      ranges: starts.map((from, n): CutRange => ({ from, first: n * width + context + appended, count: 1, stride: 1 })),
      count,
    }),
    position: (strip, step) => strip * width + context + step,
  };
}
