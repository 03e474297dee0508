// What a stranger feeds an exported model: the windows of a sequence, gathered by hand from its channels.

import type { Windows } from '../../src/engines/engine.ts';
import type { Network } from '../../src/models/network.ts';
import { directHorizon } from '../../src/models/plan.ts';
import { cutoffAt, fromAt, lengthAt } from '../../src/window/cuts.ts';

/**
 * Rows of window i, oldest first: ids, or targets, past and future of every step side by side; padded on the left where `steps` is more.
 * `history` steps stand before them, with NaN where there are none.
 */
export function rowsOf(network: Network, windows: Windows, i: number, steps: number | null, history = 0): number[][] {
  const { sequence, shape, cuts } = windows;
  const cutoff = cutoffAt(cuts, i);
  const from = fromAt(cuts, i);
  const length = Math.min(shape.context, cutoff - from);
  const rows: number[][] = [];
  for (let p = cutoff - length; p < cutoff; p++) {
    const row = [...sequence.targets, ...sequence.past].map((channel) => channel[p] as number);
    for (let h = 0; h < directHorizon(network); h++)
      for (const channel of sequence.future) row.push(channel[p + 1 + shape.lead + h] as number);
    rows.push(row);
  }
  const width = rows[0]?.length ?? 0;
  const padding = network.input.kind === 'tokens' ? (network.input.padding ? 0 : -1) : 0;
  while (steps !== null && rows.length < steps) rows.unshift(Array(width).fill(padding));
  for (let p = cutoff - length - 1; p >= cutoff - length - history; p--) {
    const known = sequence.targets.map((channel) => (p < from ? Number.NaN : (channel[p] as number)));
    rows.unshift([...known, ...Array(width - known.length).fill(0)]);
  }
  return rows;
}

/** Future columns of the own steps of window i. */
export function aheadOf({ freeRun = 0 }: Network, { sequence, shape, cuts }: Windows, i: number): number[][] {
  const cutoff = cutoffAt(cuts, i);
  return Array.from({ length: freeRun }, (_, s) =>
    sequence.future.map((channel) => channel[cutoff + s + 1 + shape.lead] as number),
  );
}

export interface Batch {
  /** Windows [from, to). */
  readonly from: number;
  readonly to: number;
  readonly rows: readonly (readonly (readonly number[])[])[];
}

/** All windows in batches of one length, as a model takes them. */
export function batchesOf(network: Network, windows: Windows, steps: number | null, history = 0): Batch[] {
  const length = (i: number): number => steps ?? lengthAt(windows.cuts, windows.shape, i);
  const batches: Batch[] = [];
  for (let from = 0; from < windows.cuts.count; ) {
    let to = from;
    const rows: number[][][] = [];
    while (to < windows.cuts.count && length(to) === length(from))
      rows.push(rowsOf(network, windows, to++, steps, history));
    batches.push({ from, to, rows });
    from = to;
  }
  return batches;
}

/** Largest |a − b| relative to max(1, |b|). */
export function worst(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (found.length !== expected.length) return Number.POSITIVE_INFINITY;
  let most = 0;
  for (let i = 0; i < expected.length; i++) {
    const [a, b] = [found[i] as number, expected[i] as number];
    const distance = Math.abs(a - b) / Math.max(1, Math.abs(b));
    most = Number.isNaN(distance) ? Number.POSITIVE_INFINITY : Math.max(most, distance);
  }
  return most;
}
