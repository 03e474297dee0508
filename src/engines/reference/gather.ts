// Windows of a sequence to the rows of one batch, by offset: inputs, targets, and what pads or counts.
// In: windows and a stretch of their visiting order. Out: filled buffers, sized once. Not here: cutting, batching (window/), arithmetic.

import { ForecastError } from '../../core/errors.ts';
import type { Network } from '../../models/network.ts';
import { cutoffAt, fromAt, lengthAt } from '../../window/cuts.ts';
import type { Windows } from '../engine.ts';
import { type Batch, EMPTY, room } from './cell.ts';

export interface Gather {
  /** (T · B, F), time-major; unused for tokens. */
  readonly input: Float64Array;
  /** (rows, H · C), or (rows) ids; rows are windows, or time-major steps for targets `every`. */
  readonly targets: Float64Array;
  /** (rows) 1 where a row has a target; null where all have. */
  readonly kept: Uint8Array | null;
  /** Rows with a target. */
  readonly count: number;
  /** (B, C) what normalisation took off each target channel. */
  readonly offsets: Float64Array;
  /** Fills the inputs and the batch's shape, ids and mask from windows order[start … end). */
  inputs(windows: Windows, order: Int32Array, start: number, end: number, batch: Batch): void;
  /** Fills the targets of the same windows; follows `inputs`. */
  goals(windows: Windows, order: Int32Array, start: number, end: number, batch: Batch): void;
}

export function createGather(network: Network): Gather {
  const { input: entry, output: exit, normalise } = network;
  const tokens = entry.kind === 'tokens';
  const C = entry.kind === 'numbers' ? entry.targets : 1;
  const P = entry.kind === 'numbers' ? entry.past : 0;
  const K = entry.kind === 'numbers' ? entry.future : 0;
  const H = exit.kind === 'numbers' ? exit.horizon : 1;
  const F = C + P + K * H;
  const padding = entry.kind === 'tokens' && entry.padding ? 0 : -1; // −1: a row of zeros
  let input = EMPTY;
  let targets = EMPTY;
  let offsets = EMPTY;
  let ids = new Int32Array(0);
  let maskRows = new Uint8Array(0);
  let keptRows = new Uint8Array(0);
  let kept: Uint8Array | null = null;
  let count = 0;

  const size = (rows: number, windows: number): void => {
    if (tokens && ids.length < rows) ids = new Int32Array(rows);
    if (!tokens) input = room(input, rows * F);
    if (maskRows.length < rows) maskRows = new Uint8Array(rows);
    offsets = room(offsets, windows * C);
  };

  const fillTokens = (windows: Windows, cutoff: number, length: number, b: number, batch: Batch): void => {
    const channel = windows.sequence.targets[0] as Float64Array;
    const first = batch.steps - length;
    for (let t = 0; t < first; t++) ids[t * batch.windows + b] = padding;
    for (let t = first, p = cutoff - length; t < batch.steps; t++, p++) ids[t * batch.windows + b] = channel[p]!;
  };

  const fillNumbers = (windows: Windows, cutoff: number, length: number, b: number, batch: Batch): void => {
    const { sequence, shape } = windows;
    const first = batch.steps - length;
    const start = cutoff - length;
    const stride = batch.windows * F;
    for (let t = 0; t < first; t++) input.fill(0, t * stride + b * F, t * stride + b * F + F);
    const at = first * stride + b * F; // the window's first known row
    for (let c = 0; c < C; c++) {
      const channel = sequence.targets[c] as Float64Array;
      const taken = takenOff(channel, cutoff, length);
      offsets[b * C + c] = taken;
      for (let i = 0, to = at + c; i < length; i++, to += stride) input[to] = channel[start + i]! - taken;
    }
    for (let j = 0; j < P; j++) {
      const channel = sequence.past[j] as Float64Array;
      for (let i = 0, to = at + C + j; i < length; i++, to += stride) input[to] = channel[start + i]!;
    }
    for (let h = 0; h < (K > 0 ? H : 0); h++) {
      for (let k = 0; k < K; k++) {
        const channel = sequence.future[k] as Float64Array;
        const from = start + 1 + shape.lead + h;
        for (let i = 0, to = at + C + P + h * K + k; i < length; i++, to += stride) input[to] = channel[from + i]!;
      }
    }
  };

  /** What normalisation subtracts from a channel of the window [cutoff − length, cutoff). */
  const takenOff = (channel: Float64Array, cutoff: number, length: number): number => {
    if (normalise.kind === 'none') return 0;
    if (normalise.kind !== 'mean') return channel[cutoff - 1]!;
    const values = Math.min(normalise.count, length);
    const last = channel[cutoff - 1]!;
    let sum = 0; // of differences, so that a large level costs no digits
    for (let p = cutoff - values; p < cutoff; p++) sum += channel[p]! - last;
    return last + sum / values;
  };

  const goal = (windows: Windows, position: number, row: number, b: number): boolean => {
    const { sequence } = windows;
    if (tokens) {
      const id = (sequence.targets[0] as Float64Array)[position]!;
      targets[row] = id;
      return id >= 0;
    }
    for (let h = 0, at = row * H * C; h < H; h++) {
      for (let c = 0; c < C; c++, at++) {
        targets[at] = (sequence.targets[c] as Float64Array)[position + h]! - offsets[b * C + c]!;
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
    get offsets() {
      return offsets;
    },

    inputs(windows, order, start, end, batch) {
      const { cuts, shape } = windows;
      batch.windows = end - start;
      batch.steps = shape.pad === 'left' ? shape.context : lengthAt(cuts, shape, order[start]!);
      const rows = batch.steps * batch.windows;
      size(rows, batch.windows);
      let padded = false;
      for (let b = 0; b < batch.windows; b++) {
        const cutoff = cutoffAt(cuts, order[start + b]!);
        const length = Math.min(shape.context, cutoff - fromAt(cuts, order[start + b]!));
        checkWindow(windows, cutoff, length, K > 0);
        if (tokens) fillTokens(windows, cutoff, length, b, batch);
        else fillNumbers(windows, cutoff, length, b, batch);
        const first = batch.steps - length;
        padded ||= first > 0;
        for (let t = 0; t < batch.steps; t++) maskRows[t * batch.windows + b] = t < first ? 0 : 1;
      }
      batch.ids = tokens ? ids : null;
      batch.mask = shape.mask && padded ? maskRows : null;
    },

    goals(windows, order, start, _end, batch) {
      const { cuts, shape } = windows;
      const every = shape.targets === 'every';
      const rows = every ? batch.steps * batch.windows : batch.windows;
      targets = room(targets, rows * (tokens ? 1 : H * C));
      if (keptRows.length < rows) keptRows = new Uint8Array(rows);
      count = 0;
      for (let b = 0; b < batch.windows; b++) {
        const cutoff = cutoffAt(cuts, order[start + b]!);
        for (let t = every ? 0 : batch.steps - 1; t < batch.steps; t++) {
          const row = every ? t * batch.windows + b : b;
          const known = maskRows[t * batch.windows + b] === 1;
          const has = known && goal(windows, cutoff - batch.steps + t + 1 + shape.lead, row, b);
          keptRows[row] = has ? 1 : 0;
          if (has) count++;
        }
      }
      kept = count === rows ? null : keptRows;
    },
  };
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
