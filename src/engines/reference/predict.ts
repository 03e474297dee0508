// Outputs after the last input of each window, in blocks of bounded size. In: a machine and windows. Out: rows in the windows' order.

import type { Network } from '../../models/network.ts';
import { planBatches } from '../../window/batches.ts';
import type { Windows } from '../engine.ts';
import { nextTurn } from '../turn.ts';
import { checkChannels, type Machine, work } from './machine.ts';

/** Rows a block of predictions may have: bounds the memory, whatever the number of windows. */
const BLOCK_ROWS = 4096;

/** (N, H · C · Q) with the normalisation undone, or logits (N, V). */
export async function predict(machine: Machine, windows: Windows): Promise<Float64Array> {
  const { program, gather, breath, plan, network } = machine;
  checkChannels(machine, windows);
  const block = Math.max(1, Math.min(256, Math.floor(BLOCK_ROWS / windows.shape.context)));
  const { order, bounds } = planBatches(windows.cuts, windows.shape, block, null);
  const width = plan.outputs;
  const outputs = new Float64Array(windows.cuts.count * width);
  for (let k = 0; k + 1 < bounds.length; k++) {
    const start = bounds[k]!;
    program.batch.training = false;
    gather.inputs(windows, order, start, bounds[k + 1]!, program.batch);
    program.size();
    const rows = program.forward(gather.input);
    const last = program.lastStep();
    for (let b = 0; b < program.batch.windows; b++) {
      const to = order[start + b]! * width;
      for (let j = 0; j < width; j++) outputs[to + j] = rows[last + b * width + j]!;
      addOffsets(network, gather.offsets, b, outputs, to);
    }
    if (breath.due(work(machine, 1))) await nextTurn();
  }
  return outputs;
}

/** Undoes the normalisation of window b's outputs [(h · C + c) · Q + q] at `at`. */
function addOffsets(network: Network, offsets: Float64Array, b: number, outputs: Float64Array, at: number): void {
  const { output, normalise } = network;
  if (output.kind !== 'numbers' || normalise.kind === 'none') return;
  const { horizon: H, targets: C, quantiles: Q } = output;
  for (let h = 0, to = at; h < H; h++) {
    for (let c = 0; c < C; c++) {
      for (let q = 0; q < Q; q++) outputs[to++]! += offsets[b * C + c]!;
    }
  }
}
