// Windows in their order of visiting, as the kernels read them. In: windows and batches. Out: positions, and the stretch of the channels they need.
// Every position a kernel will touch is checked here, so that it reads inside its arrays. Not here: gathering values (kernels/batch.h).

import { ForecastError } from '../../core/errors.ts';
import type { Sequence } from '../../core/sequence.ts';
import type { Network } from '../../models/network.ts';
import { reachBack } from '../../models/plan.ts';
import { type BatchPlan, planBatches } from '../../window/batches.ts';
import { cutoffAt, fromAt } from '../../window/cuts.ts';
import type { Windows } from '../engine.ts';
import type { Visiting } from '../visiting.ts';
import type { Bound } from './kernel.ts';

export interface Visits extends BatchPlan {
  readonly bound: Bound;
  /** The stretch of the channels that is bound. */
  readonly start: number;
  readonly end: number;
}

const NONE = new Int32Array(0);

/**
 * Windows in time order. `targets`: whether their targets are read too. Errors: E_DATA_TOO_SHORT for a window without inputs or targets, E_DATA_FUTURE
 * where covariates end before the window needs them.
 */
export function planVisits(network: Network, windows: Windows, batch: number, targets: boolean): Visits {
  const plan = planBatches(windows.cuts, windows.shape, batch, null);
  return visitsOf(network, { ...plan, windows, continues: null }, targets);
}

/**
 * The same of batches planned elsewhere. With targets nobody asks for the order again: the cutoffs take its memory. `spent`: visits of the
 * same windows that nobody reads any more, whose memory may be used.
 */
export function visitsOf(
  network: Network,
  { windows, order, bounds, continues }: Visiting,
  targets: boolean,
  spent: Visits | null = null,
): Visits {
  const { cuts, shape, sequence } = windows;
  const reach = reachBack(network);
  const cutoffs = targets ? order : new Int32Array(order.length);
  // Lengths; then what may be read before each cutoff, where more than the window is; then flags of those that go on. Nothing where there is
  // but one length.
  const more = (reach > 0 ? 1 : 0) + (continues ? 1 : 0);
  let lengths = more > 0 ? new Int32Array(order.length * (1 + more)) : NONE;
  let common = 0;
  let start = Number.POSITIVE_INFINITY;
  let end = 0;
  const { context } = shape;
  const only = cuts.ranges.length === 1 ? cuts.ranges[0]! : null;
  const seasonal = network.normalise.kind === 'season';
  for (let i = 0; i < order.length; i++) {
    const cutoff = only ? only.first + order[i]! * only.stride : cutoffAt(cuts, order[i]!);
    const before = cutoff - (only ? only.from : fromAt(cuts, order[i]!));
    const length = Math.min(context, before);
    if (length < 1) throw nothingBefore(cutoff);
    if (seasonal) checkSeason(network, cutoff, before, shape.lead);
    cutoffs[i] = cutoff;
    if (i === 0) common = length;
    if (length !== common && lengths.length === 0) lengths = new Int32Array(order.length).fill(common, 0, i);
    if (lengths.length > 0) lengths[i] = length;
    const read = Math.min(before, length + reach);
    if (reach > 0) lengths[order.length + i] = read;
    start = Math.min(start, cutoff - read);
    end = Math.max(end, cutoff);
  }
  if (order.length === 0) start = 0;
  const last = order.length === 0 ? 0 : end + shape.lead + shape.horizon;
  checkReach(windows, start, targets ? last : end);
  if (network.input.kind === 'numbers' && network.input.future > 0) checkFuture(windows, last);
  for (let i = 0; i < cutoffs.length; i++) cutoffs[i]! -= start;
  if (continues) lengths.set(continues, lengths.length - order.length);
  const same = spent?.start === start && spent.end === last;
  const channels = same ? spent.bound.channels : channelsOf(sequence, start, last);
  const settings = spent?.bound.settings ?? new Int32Array(9); // one by one: a forecast of one window spends most of its time in JavaScript
  settings[0] = shape.context;
  settings[1] = shape.lead;
  settings[2] = shape.pad === 'left' ? 1 : 0;
  settings[3] = shape.mask ? 1 : 0;
  settings[4] = shape.targets === 'every' ? 1 : 0;
  settings[5] = reach > 0 ? order.length : 0;
  settings[6] = continues ? lengths.length - order.length : 0;
  settings[8] = lengths.length > 0 ? 0 : common;
  return {
    order,
    bounds,
    bound: { channels, cutoffs, lengths, settings, ahead: shape.lead + shape.horizon },
    start,
    end: last,
  };
}

/** The stretch of each channel that is read. */
function channelsOf({ targets, past, future }: Sequence, start: number, end: number): readonly Float64Array[] {
  const channels: Float64Array[] = [];
  addParts(channels, targets, start, end);
  addParts(channels, past, start, end);
  addParts(channels, future, start, end);
  return channels;
}

/** Errors: E_DATA_TOO_SHORT where a forecast's seasonal base would stand before the segment. */
function checkSeason({ normalise, output }: Network, cutoff: number, before: number, lead: number): void {
  if (normalise.kind !== 'season' || output.kind === 'tokens') return;
  const { season } = normalise;
  // The base of the first target stands furthest back, and where the horizon fills a season, a whole season back.
  const first = season - (lead % season);
  const deepest = (lead % season) + output.horizon > season ? season : first;
  if (before >= deepest) return;
  throw new ForecastError(
    'E_DATA_TOO_SHORT',
    `the window at position ${cutoff} has ${before} values before it, and its targets are relative to those ${season} steps before them`,
    { where: 'model.normalise', hint: `forecast from a later position, or normalise: last` },
  );
}

function nothingBefore(cutoff: number): ForecastError {
  return new ForecastError('E_DATA_TOO_SHORT', `the window at position ${cutoff} has nothing before it to read`, {
    hint: 'forecast from a later position',
  });
}

/** Of a channel that ends before the stretch as much as there is. */
function addParts(parts: Float64Array[], channels: readonly Float64Array[], start: number, end: number): void {
  for (const channel of channels) parts.push(channel.subarray(start, Math.min(end, channel.length)));
}

/** Inputs are read up to the cutoffs, targets beyond. */
function checkReach({ sequence }: Windows, start: number, end: number): void {
  let longest = end;
  for (const channel of sequence.targets) longest = Math.min(longest, channel.length);
  for (const channel of sequence.past) longest = Math.min(longest, channel.length);
  if (start >= 0 && longest >= end) return;
  throw new ForecastError(
    'E_DATA_TOO_SHORT',
    `windows reach from position ${start} to ${end}, the data to ${longest}`,
    {
      hint: 'forecast from an earlier position, or shorten the horizon',
    },
  );
}

function checkFuture({ sequence }: Windows, end: number): void {
  const shortest = sequence.future.reduce((least, channel) => Math.min(least, channel.length), end);
  if (shortest >= end) return;
  throw new ForecastError(
    'E_DATA_FUTURE',
    `inputs known in advance end at position ${shortest}, the window needs ${end}`,
    { hint: 'give their values up to the end of the horizon' },
  );
}
