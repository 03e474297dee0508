// Windows of a sequence to the rows of one batch, by offset: inputs, targets, and what pads or counts.
// In: windows and a stretch of their visiting order. Out: filled buffers, sized once. Not here: cutting, batching (window/), arithmetic.

import { ForecastError } from '../../core/errors.ts';
import type { Network } from '../../models/network.ts';
import { directHorizon, inputWidth, lagsOf } from '../../models/plan.ts';
import { cutoffAt, fromAt, lengthAt } from '../../window/cuts.ts';
import type { Windows } from '../engine.ts';
import type { Visiting } from '../visiting.ts';
import { type Batch, EMPTY, room } from './cell.ts';
import { createNormaliser } from './normaliser.ts';

export interface Gather {
  /** (T · B, F), time-major; unused for tokens. Features that stand on own outputs are left 0. */
  readonly input: Float64Array;
  /** (rows, H · C), or (rows) ids; rows are windows, or time-major steps where every step may have a target. */
  readonly targets: Float64Array;
  /** (rows) 1 where a row has a target; null where all have. */
  readonly kept: Uint8Array | null;
  /** Rows with a target. */
  readonly count: number;
  /** (B, H · C) what 0 stands for in each value predicted, and (B, C) what 1 stands for. */
  readonly bases: Float64Array;
  readonly scales: Float64Array;
  /** (T · B, C) what an output, which is relative to its target's base, lacks of an input, relative to the level; null: nothing. */
  readonly shifts: Float64Array | null;
  /** Fills the inputs and the batch's shape, ids and mask from windows order[start … end). */
  inputs(windows: Windows, order: Int32Array, start: number, end: number, batch: Batch): void;
  /** Fills the targets of the same windows; follows `inputs`. */
  goals(windows: Windows, order: Int32Array, start: number, end: number, batch: Batch): void;
}

/** Fills a training step's batch: what step it is, its inputs and its targets. */
export function gatherStep(
  gather: Gather,
  batch: Batch,
  seed: number,
  { windows, order, bounds, continues }: Visiting,
  epoch: number,
  step: number,
): void {
  const start = bounds[step]!;
  const end = bounds[step + 1]!;
  batch.training = true;
  batch.seed = seed;
  batch.epoch = epoch;
  batch.step = step;
  batch.continues = continues?.subarray(start, end) ?? null;
  gather.inputs(windows, order, start, end, batch);
  gather.goals(windows, order, start, end, batch);
}

export function createGather(network: Network): Gather {
  const { input: entry, output: exit, normalise } = network;
  const tokens = entry.kind === 'tokens';
  const C = entry.kind === 'numbers' ? entry.targets : 1;
  const P = entry.kind === 'numbers' ? entry.past : 0;
  const K = entry.kind === 'numbers' ? entry.future : 0;
  const H = exit.kind === 'numbers' ? exit.horizon : 1; // predicted after the last known step
  const D = directHorizon(network); // predicted by one row
  const F = inputWidth(network);
  const lags = lagsOf(network);
  const L = lags.length;
  const free = network.freeRun !== undefined;
  const own = network.freeRun ?? 0;
  const warmup = network.warmup ?? 0;
  const vocabulary = tokens ? entry.vocabulary : 0;
  const padding = entry.kind === 'tokens' && entry.padding ? 0 : -1; // −1: a row of zeros
  const shifting = own > 0 && normalise.kind === 'season';
  const normaliser = createNormaliser(normalise);
  let input = EMPTY;
  let targets = EMPTY;
  let bases = EMPTY;
  let shifts = EMPTY;
  let ids = new Int32Array(0);
  let maskRows = new Uint8Array(0);
  let keptRows = new Uint8Array(0);
  let kept: Uint8Array | null = null;
  let count = 0;

  const size = (rows: number, windows: number): void => {
    if (tokens && ids.length < rows) ids = new Int32Array(rows);
    if (!tokens) input = room(input, rows * F);
    if (maskRows.length < rows) maskRows = new Uint8Array(rows);
    bases = room(bases, windows * H * C);
    if (shifting) shifts = room(shifts, rows * C);
    normaliser.size(windows * C);
  };

  /** −1, which reads as zeros and is no target, where a value names no token. */
  const idOf = (value: number): number => (value >= 0 && value < vocabulary ? Math.trunc(value) : -1);

  const fillTokens = (windows: Windows, cutoff: number, length: number, b: number, batch: Batch): void => {
    const channel = windows.sequence.targets[0] as Float64Array;
    const first = batch.steps - length;
    for (let t = 0; t < first; t++) ids[t * batch.windows + b] = padding;
    for (let t = first, p = cutoff - length; t < batch.steps; t++, p++) ids[t * batch.windows + b] = idOf(channel[p]!);
  };

  const fillNumbers = (
    windows: Windows,
    from: number,
    cutoff: number,
    length: number,
    b: number,
    batch: Batch,
  ): void => {
    const { sequence, shape } = windows;
    const first = batch.known - length;
    const start = cutoff - length;
    const stride = batch.windows * F;
    const steps = length + own;
    for (let t = 0; t < first; t++) input.fill(0, t * stride + b * F, t * stride + b * F + F);
    const at = first * stride + b * F; // the window's first known row
    for (let c = 0; c < C; c++) {
      const channel = sequence.targets[c] as Float64Array;
      normaliser.fit(channel, cutoff, length, b * C + c);
      const level = normaliser.levels[b * C + c]!;
      for (let l = 0; l < L; l++) {
        for (let i = 0, p = start + 1 - lags[l]!, to = at + l * C + c; i < steps; i++, p++, to += stride) {
          input[to] = p < from || p >= cutoff ? 0 : normaliser.normal(channel[p]!, level, b * C + c);
        }
      }
    }
    for (let j = 0; j < P; j++) {
      const channel = sequence.past[j] as Float64Array;
      for (let i = 0, to = at + L * C + j; i < length; i++, to += stride) input[to] = channel[start + i]!;
    }
    for (let h = 0; h < (K > 0 ? D : 0); h++) {
      for (let k = 0; k < K; k++) {
        const channel = sequence.future[k] as Float64Array;
        const ahead = start + 1 + shape.lead + h;
        for (let i = 0, to = at + L * C + P + h * K + k; i < steps; i++, to += stride) input[to] = channel[ahead + i]!;
      }
    }
    fillBases(windows, from, cutoff, b, batch);
  };

  /** What the window's predictions are relative to. */
  const fillBases = ({ sequence, shape }: Windows, from: number, cutoff: number, b: number, batch: Batch): void => {
    for (let c = 0; c < C; c++) {
      const channel = sequence.targets[c] as Float64Array;
      const level = normaliser.levels[b * C + c]!;
      for (let h = 0; h < H; h++) {
        const base = normaliser.base(channel, from, cutoff + shape.lead + h, cutoff, b * C + c);
        if (base === undefined) throw noSeason(cutoff, from, normalise);
        bases[(b * H + h) * C + c] = base;
        if (!shifting) continue;
        const row = (batch.known - 1 + h) * batch.windows + b;
        shifts[row * C + c] = (base - level) / normaliser.scales[b * C + c]!;
      }
    }
  };

  /** Fills a row's target, for a step that knows positions below `known`; whether it has one. */
  const goal = (windows: Windows, from: number, position: number, known: number, row: number, b: number): boolean => {
    const { sequence } = windows;
    if (tokens) {
      const id = idOf((sequence.targets[0] as Float64Array)[position]!);
      targets[row] = id;
      return id >= 0;
    }
    for (let h = 0, at = row * D * C; h < D; h++) {
      for (let c = 0; c < C; c++, at++) {
        const channel = sequence.targets[c] as Float64Array;
        const base = normaliser.base(channel, from, position + h, known, b * C + c);
        if (base === undefined) return false;
        targets[at] = normaliser.normal(channel[position + h]!, base, b * C + c);
      }
    }
    return true;
  };

  return {
    get input() {
      return input;
    },
    get targets() {
      return targets;
    },
    get kept() {
      return kept;
    },
    get count() {
      return count;
    },
    get bases() {
      return bases;
    },
    get scales() {
      return normaliser.scales;
    },
    get shifts() {
      return shifting ? shifts : null;
    },

    inputs(windows, order, start, end, batch) {
      const { cuts, shape } = windows;
      batch.windows = end - start;
      batch.known = shape.pad === 'left' ? shape.context : lengthAt(cuts, shape, order[start]!);
      batch.steps = batch.known + own;
      batch.from = 0;
      batch.to = batch.steps;
      size(batch.steps * batch.windows, batch.windows);
      let padded = false;
      for (let b = 0; b < batch.windows; b++) {
        const cutoff = cutoffAt(cuts, order[start + b]!);
        const from = fromAt(cuts, order[start + b]!);
        const length = Math.min(shape.context, cutoff - from);
        checkWindow(windows, cutoff, length, K > 0);
        if (tokens) fillTokens(windows, cutoff, length, b, batch);
        else fillNumbers(windows, from, cutoff, length, b, batch);
        const first = batch.known - length;
        padded ||= first > 0;
        for (let t = 0; t < batch.steps; t++) maskRows[t * batch.windows + b] = t < first ? 0 : 1;
      }
      batch.ids = tokens ? ids : null;
      batch.mask = shape.mask && padded ? maskRows : null;
    },

    goals(windows, order, start, _end, batch) {
      const { cuts, shape } = windows;
      const every = shape.targets === 'every' || free;
      const rows = every ? batch.steps * batch.windows : batch.windows;
      targets = room(targets, rows * (tokens ? 1 : D * C));
      if (keptRows.length < rows) keptRows = new Uint8Array(rows);
      count = 0;
      for (let b = 0; b < batch.windows; b++) {
        const cutoff = cutoffAt(cuts, order[start + b]!);
        const from = fromAt(cuts, order[start + b]!);
        const first = batch.known - Math.min(shape.context, cutoff - from);
        // The forecast itself is always measured; of a network that runs free, while evaluating, it alone.
        const measured = Math.min(batch.known - 1, free && !batch.training ? batch.known : first + warmup);
        for (let t = every ? 0 : batch.steps - 1; t < batch.steps; t++) {
          const row = every ? t * batch.windows + b : b;
          const next = cutoff - batch.known + t + 1;
          const has =
            t >= (every ? measured : first) && goal(windows, from, next + shape.lead, Math.min(next, cutoff), row, b);
          keptRows[row] = has ? 1 : 0;
          if (has) count++;
        }
      }
      kept = count === rows ? null : keptRows;
    },
  };
}

function noSeason(cutoff: number, from: number, normalise: Network['normalise']): ForecastError {
  const season = normalise.kind === 'season' ? normalise.season : 0;
  return new ForecastError(
    'E_DATA_TOO_SHORT',
    `the window at position ${cutoff} has ${cutoff - from} values before it, and its targets are relative to those ${season} steps before them`,
    { where: 'model.normalise', hint: `forecast from position ${from + season} on, or normalise: last` },
  );
}

/** Errors: E_DATA_TOO_SHORT for a window without inputs, E_DATA_FUTURE where covariates end before the window needs them. */
function checkWindow(windows: Windows, cutoff: number, length: number, future: boolean): void {
  if (length < 1) {
    throw new ForecastError('E_DATA_TOO_SHORT', `the window at position ${cutoff} has nothing before it to read`, {
      hint: 'forecast from a later position',
    });
  }
  if (!future) return;
  const end = cutoff + windows.shape.lead + windows.shape.horizon;
  const shortest = windows.sequence.future.reduce((least, channel) => Math.min(least, channel.length), end);
  if (shortest < end) {
    throw new ForecastError(
      'E_DATA_FUTURE',
      `inputs known in advance end at position ${shortest}, the window needs ${end}`,
      {
        hint: 'give their values up to the end of the horizon',
      },
    );
  }
}
