// How a config's windows lie over a series: their shape, what is held out, and which of many are judged.
// In: a config, a series. Out: shapes, cuts, positions. Not here: cutting itself (window/).

import type { Config } from '../config/config.ts';
import type { Series } from '../core/data.ts';
import type { Split } from '../evaluate/score.ts';
import { cut, cutoffAt, fromAt, longestContext } from '../window/cuts.ts';
import { type SplitPositions, splitPositions } from '../window/split.ts';
import type { Cuts, WindowShape } from '../window/window.ts';

/** The shape of a config's windows; a context left open is the longest the series allows. */
export function windowShape(config: Config, series: Series): WindowShape {
  const { context, horizon, lead, targets, pad, mask } = config.window;
  const longest = longestContext([{ start: 0, end: series.length }], { lead, horizon });
  return { context: context ?? Math.max(1, longest), horizon, lead, targets, pad, mask };
}

/** All windows of a series of `length` rows, and where its held-out parts begin. */
export function holdOut(config: Config, shape: WindowShape, length: number): { cuts: Cuts; parts: SplitPositions } {
  const segments = [{ start: 0, end: length }];
  const cuts = cut(segments, shape, config.window);
  return { cuts, parts: splitPositions(cuts, shape, config.split, segments) };
}

/** The parts that were held out, each with its positions; the training part where nothing was. */
export function heldOut(
  parts: Pick<SplitPositions, 'validation' | 'test'>,
  length: number,
): { split: Split; from: number; until: number }[] {
  const held: { split: Split; from: number; until: number }[] = [];
  if (parts.validation !== null)
    held.push({ split: 'validation', from: parts.validation, until: parts.test ?? length });
  if (parts.test !== null) held.push({ split: 'test', from: parts.test, until: length });
  return held.length > 0 ? held : [{ split: 'train', from: 0, until: length }];
}

/** Every k-th window of the cuts, so that at most `most` are left; all of them where they are few. */
export function thinned(cuts: Cuts, most: number): { cutoffs: Float64Array; froms: Float64Array } {
  const stride = Math.max(1, Math.ceil(cuts.count / most));
  const count = Math.ceil(cuts.count / stride);
  return {
    cutoffs: Float64Array.from({ length: count }, (_, i) => cutoffAt(cuts, i * stride)),
    froms: Float64Array.from({ length: count }, (_, i) => fromAt(cuts, i * stride)),
  };
}
