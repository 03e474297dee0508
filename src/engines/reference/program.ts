// A compiled network: its cells in order, the rows between them, the loss. One batch forward and backward.
// In: a plan and a store. Out: losses and gradients of a batch. Not here: epochs (train.ts), windows (gather.ts).

import type { PlannedLayer } from '../../layers/plan.ts';
import type { NetworkPlan } from '../../models/plan.ts';
import { type Batch, type Cell, EMPTY, room } from './cell.ts';
import { makeCell } from './layers/index.ts';
import type { LossCell, Measured, Tally } from './losses/loss.ts';
import type { Store } from './store.ts';

export interface Program {
  readonly batch: Batch;
  /** Makes room for the batch's T and B. */
  size(): void;
  /** Rows of the last layer. */
  forward(input: Float64Array): Float64Array;
  /** First value of the last step's rows in the last layer's output. */
  lastStep(): number;
  /** Compares the outputs of the last forward pass with targets; writes their gradient where training. */
  measure(targets: Float64Array, kept: Uint8Array | null, count: number, every: boolean, tally: Tally): void;
  /** Weight gradients of what was measured (from zero); and of the input, where `inputGradient` is given. */
  backward(input: Float64Array, inputGradient: Float64Array | null): void;
}

/** `make` builds a layer's cell; tests put a wrong one in its place to see that it is caught. */
export function createProgram(
  plan: NetworkPlan,
  store: Store,
  loss: LossCell,
  make: (layer: PlannedLayer, store: Store) => Cell = makeCell,
): Program {
  const cells: Cell[] = plan.layers.map((layer) => make(layer, store));
  const gradients: Float64Array[] = cells.map(() => EMPTY); // of each layer's output
  const batch: Batch = { steps: 0, windows: 0, ids: null, mask: null, training: false, seed: 0, epoch: 0, step: 0 };
  const measured: Measured = {
    output: EMPTY,
    offset: 0,
    rows: 0,
    width: plan.outputs,
    targets: EMPTY,
    kept: null,
    count: 0,
    gradient: null,
  };
  // What has room, without and with what the way back needs.
  const sized = { forward: { rows: 0, windows: 0 }, training: { rows: 0, windows: 0 } };

  const last = cells.length - 1;
  const rowsAfter = (i: number) => (plan.layers[i]?.output.sequence ? batch.steps * batch.windows : batch.windows);
  const sizeGradients = (): void => {
    plan.layers.forEach(({ output }, i) => {
      gradients[i] = room(gradients[i] as Float64Array, rowsAfter(i) * output.features);
    });
  };
  const lastStep = () => (plan.output.sequence ? (batch.steps - 1) * batch.windows * plan.outputs : 0);

  return {
    batch,
    lastStep,

    size() {
      const rows = batch.steps * batch.windows;
      const made = batch.training ? sized.training : sized.forward;
      if (rows <= made.rows && batch.windows <= made.windows) return;
      for (const cell of cells) cell.size(batch.steps, batch.windows, batch.training);
      if (batch.training) sizeGradients();
      made.rows = Math.max(rows, made.rows);
      made.windows = Math.max(batch.windows, made.windows);
    },

    forward(input) {
      let rows = input;
      for (const cell of cells) {
        cell.forward(batch, rows);
        rows = cell.output;
      }
      return rows;
    },

    measure(targets, kept, count, every, tally) {
      const gradient = batch.training ? (gradients[last] as Float64Array) : null;
      const rows = every ? batch.steps * batch.windows : batch.windows;
      measured.output = (cells[last] as Cell).output;
      measured.offset = every ? 0 : lastStep();
      measured.rows = rows;
      measured.targets = targets;
      measured.kept = kept;
      measured.count = count;
      measured.gradient = gradient;
      // Steps before the last one have no target, hence no gradient.
      if (gradient !== null && measured.offset > 0) gradient.fill(0, 0, measured.offset);
      loss(measured, tally);
    },

    backward(input, inputGradient) {
      store.gradient.fill(0);
      for (let i = last; i >= 0; i--) {
        const before = i > 0 ? (cells[i - 1] as Cell).output : input;
        const gradientBefore = i > 0 ? (gradients[i - 1] as Float64Array) : inputGradient;
        (cells[i] as Cell).backward(batch, before, gradients[i] as Float64Array, gradientBefore);
      }
    },
  };
}
