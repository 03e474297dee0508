// Outputs after the last input of each window, in blocks of bounded size. In: a machine and windows. Out: rows in the windows' order.

import { nextTurn } from '../../core/turn.ts';
import type { Network } from '../../models/network.ts';
import { type NetworkPlan, ownSteps } from '../../models/plan.ts';
import { planBatches } from '../../window/batches.ts';
import type { Windows } from '../engine.ts';
import { interrupted } from '../means.ts';
import { roomForOutputs } from '../outputs.ts';
import type { Batch } from './cell.ts';
import type { Gather } from './gather.ts';
import { checkChannels, type Machine, work } from './machine.ts';
import { predictCarried } from './predict-carried.ts';

/** Rows a block of predictions may have: bounds the memory, whatever the number of windows. */
const BLOCK_ROWS = 4096;

/** (N, H · C · Q) with the normalisation undone, or logits (N, V). Errors: Interrupted. */
export async function predict(machine: Machine, windows: Windows, signal?: AbortSignal): Promise<Float64Array> {
  const { program, gather, breath, plan, network } = machine;
  checkChannels(machine, windows);
  if (network.carry) return predictCarried(machine, windows, signal);
  const block = Math.max(1, Math.min(256, Math.floor(BLOCK_ROWS / windows.shape.context)));
  const outputs = roomForOutputs(windows.cuts.count, ownSteps(network) * plan.outputs);
  const { order, bounds } = planBatches(windows.cuts, windows.shape, block, null);
  for (let k = 0; k + 1 < bounds.length; k++) {
    if (signal?.aborted) throw interrupted();
    const start = bounds[k]!;
    program.batch.training = false;
    program.batch.continues = null;
    gather.inputs(windows, order, start, bounds[k + 1]!, program.batch);
    program.size();
    const rows = program.forward(gather.input, gather.shifts);
    placeRows(machine, rows, program.lastStep(), order.subarray(start), outputs);
    if (breath.due(work(machine, 1))) await nextTurn();
  }
  return outputs;
}

/** What an engine says of a batch's windows, where their outputs stand; a window's are as many rows as its own steps. */
export interface Said {
  readonly network: Network;
  readonly plan: NetworkPlan;
  readonly gather: Gather;
  readonly program: { readonly batch: Pick<Batch, 'windows'> };
}

/** Copies the rows from `first` on, (steps · B, width), to the places of the batch's windows, the normalisation undone. */
export function placeRows(
  said: Said,
  rows: ArrayLike<number>,
  first: number,
  places: Int32Array,
  outputs: Float64Array,
): void {
  const B = said.program.batch.windows;
  const width = said.plan.outputs;
  const steps = ownSteps(said.network);
  for (let b = 0; b < B; b++) {
    const to = places[b]! * steps * width;
    for (let s = 0; s < steps; s++) {
      for (let j = 0; j < width; j++) outputs[to + s * width + j] = rows[first + (s * B + b) * width + j]!;
    }
    undo(said, b, outputs, to);
  }
}

/** Undoes the normalisation of window b's outputs [(h · C + c) · Q + q] at `at`. */
function undo({ network, gather }: Said, b: number, outputs: Float64Array, at: number): void {
  const { output } = network;
  if (output.kind !== 'numbers') return;
  const { horizon: H, targets: C, quantiles: Q } = output;
  for (let h = 0, to = at; h < H; h++) {
    for (let c = 0; c < C; c++) {
      const base = gather.bases[(b * H + h) * C + c]!;
      const scale = gather.scales[b * C + c]!;
      for (let q = 0; q < Q; q++, to++) outputs[to] = base + scale * outputs[to]!;
    }
  }
}
