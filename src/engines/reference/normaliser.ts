// What stands for 0 and 1 in each target channel of each window, in float64, so that an offset of 1e15 costs no digits.
// In: a channel's known values. Out: levels, scales, seasonal bases. Not here: which windows (gather.ts), the affine (ends.ts).

import type { Normalise } from '../../models/network.ts';
import { EMPTY, room } from './cell.ts';

export interface Normaliser {
  /** (B, C) what inputs are relative to, and targets too where the base is not seasonal. */
  readonly levels: Float64Array;
  /** (B, C) what they are divided by. */
  readonly scales: Float64Array;
  size(values: number): void;
  /** Fits place `at` to the window [cutoff − length, cutoff). */
  fit(channel: Float64Array, cutoff: number, length: number, at: number): void;
  /** A value in the units of place `at`. */
  normal(value: number, base: number, at: number): number;
  /** What a target at `position` is relative to, for a step that knows positions below `known`; undefined: it would stand before `from`. */
  base(channel: Float64Array, from: number, position: number, known: number, at: number): number | undefined;
}

export function createNormaliser(normalise: Normalise): Normaliser {
  const most = normalise.clip ?? Number.POSITIVE_INFINITY;
  let levels = EMPTY;
  let scales = EMPTY;
  return {
    get levels() {
      return levels;
    },
    get scales() {
      return scales;
    },
    size(values) {
      levels = room(levels, values);
      scales = room(scales, values);
    },
    fit(channel, cutoff, length, at) {
      levels[at] = levelOf(normalise, channel, cutoff, length);
      scales[at] = scaleOf(normalise, channel, cutoff, length);
    },
    normal: (value, base, at) => Math.max(-most, Math.min(most, (value - base) / scales[at]!)),
    base(channel, from, position, known, at) {
      if (normalise.kind !== 'season') return levels[at]!;
      const { season } = normalise;
      const p = position - season * Math.max(1, Math.ceil((position - known + 1) / season));
      return p < from ? undefined : channel[p]!;
    },
  };
}

function levelOf(normalise: Normalise, channel: Float64Array, cutoff: number, length: number): number {
  if (normalise.kind === 'none') return 0;
  if (normalise.kind === 'mean') return meanOf(channel, cutoff, Math.min(normalise.count, length));
  return channel[cutoff - 1]!;
}

/** Mean of the last `count` values before a position: of differences, so that a large level costs no digits. */
function meanOf(channel: Float64Array, cutoff: number, count: number): number {
  const last = channel[cutoff - 1]!;
  let sum = 0;
  for (let p = cutoff - count; p < cutoff; p++) sum += channel[p]! - last;
  return last + sum / count;
}

function scaleOf({ scale }: Normalise, channel: Float64Array, cutoff: number, length: number): number {
  if (!scale) return 1;
  const last = channel[cutoff - 1]!;
  let sum = 0;
  for (let p = cutoff - length; p < cutoff; p++) sum += channel[p]! - last;
  const mean = sum / length; // of the differences to the last value
  let spread = 0;
  let size = 0;
  for (let p = cutoff - length; p < cutoff; p++) {
    const away = channel[p]! - last - mean;
    spread += scale.kind === 'deviation' ? Math.abs(away) : away * away;
    size += Math.abs(channel[p]!);
  }
  const found =
    scale.kind === 'deviation'
      ? Math.max(spread / length, (scale.floor * size) / length)
      : Math.sqrt(spread / length + scale.epsilon);
  return found === 0 ? 1 : found;
}
