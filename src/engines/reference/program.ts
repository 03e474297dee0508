// A compiled network: its cells in order, the rows between them, the loss. One batch forward and backward.
// In: a plan and a store. Out: losses and gradients of a batch. Not here: epochs (train.ts), windows (gather.ts).

import type { PlannedLayer } from '../../layers/plan.ts';
import type { Network } from '../../models/network.ts';
import { inputWidth, type NetworkPlan } from '../../models/plan.ts';
import { type Batch, type Carried, type Cell, EMPTY, emptyBatch, room } from './cell.ts';
import { createEnds, type Ends, OPEN } from './ends.ts';
import { createFeed } from './feed.ts';
import { makeCell } from './layers/index.ts';
import type { LossCell, Measured, Tally } from './losses/loss.ts';
import type { Store } from './store.ts';

export interface Program {
  readonly batch: Batch;
  /** States that go on from batch to batch, by layer. */
  readonly carried: readonly { readonly layer: string; readonly memory: Carried }[];
  /** Makes room for the batch's T and B. */
  size(): void;
  /** Rows of outputs: of the known steps at once, then step by step on own ones, whose features are written into `input`. `shifts` as gathered. */
  forward(input: Float64Array, shifts?: Float64Array | null): Float64Array;
  /** First value of the last known step's rows among the outputs. */
  lastStep(): number;
  /** Compares the outputs of the last forward pass with targets, of `every` step or of the last one; writes their gradient where training. */
  measure(targets: Float64Array, kept: Uint8Array | null, count: number, every: boolean, tally: Tally): void;
  /** Weight gradients of what was measured (from zero); and of the input, where `inputGradient` is given. */
  backward(input: Float64Array, inputGradient: Float64Array | null): void;
}

/**
 * `network` null: layers and loss alone, without what else a network may have. `make` builds a layer's cell; tests put a wrong one in its
 * place to see that it is caught.
 */
export function createProgram(
  plan: NetworkPlan,
  store: Store,
  loss: LossCell,
  network: Network | null = null,
  make: (layer: PlannedLayer, store: Store) => Cell = makeCell,
): Program {
  const cells: Cell[] = plan.layers.map((layer) => make(layer, store));
  const gradients: Float64Array[] = cells.map(() => EMPTY); // of each layer's output
  const ends: Ends = network ? createEnds(network, store, plan.output.sequence) : OPEN;
  const feed = network ? createFeed(network) : null;
  const features = network ? inputWidth(network) : 0;
  const batch = emptyBatch();
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
  let entered = EMPTY; // what the first layer read
  let outputs = EMPTY; // of the last forward pass
  let fed = EMPTY; // (T · B, F) gradient of the input, where the way back needs it

  const last = cells.length - 1;
  const rowsAfter = (i: number) => (plan.layers[i]?.output.sequence ? batch.steps * batch.windows : batch.windows);
  const sizeGradients = (): void => {
    plan.layers.forEach(({ output }, i) => {
      gradients[i] = room(gradients[i] as Float64Array, rowsAfter(i) * output.features);
    });
    if (feed !== null || ends.needsInput) fed = room(fed, batch.steps * batch.windows * features);
  };
  const lastStep = () => (plan.output.sequence ? (batch.known - 1) * batch.windows * plan.outputs : 0);

  const forwardSteps = (input: Float64Array, from: number, to: number): void => {
    batch.from = from;
    batch.to = to;
    entered = ends.enter(batch, input);
    let rows = entered;
    for (const cell of cells) {
      cell.forward(batch, rows);
      rows = cell.output;
    }
    outputs = ends.leave(batch, rows);
  };

  const backwardSteps = (input: Float64Array, inputGradient: Float64Array | null, from: number, to: number): void => {
    batch.from = from;
    batch.to = to;
    ends.leaveBack(batch, gradients[last] as Float64Array);
    for (let i = last; i >= 0; i--) {
      const before = i > 0 ? (cells[i - 1] as Cell).output : entered;
      const gradientBefore = i > 0 ? (gradients[i - 1] as Float64Array) : inputGradient;
      (cells[i] as Cell).backward(batch, before, gradients[i] as Float64Array, gradientBefore);
    }
    ends.enterBack(batch, input, gradients[last] as Float64Array, inputGradient);
  };

  return {
    batch,
    carried: cells.flatMap(({ carried }, i) =>
      (carried ?? []).map((memory) => ({ layer: (plan.layers[i] as PlannedLayer).spec.name, memory })),
    ),
    lastStep,

    size() {
      const rows = batch.steps * batch.windows;
      const made = batch.training ? sized.training : sized.forward;
      if (rows <= made.rows && batch.windows <= made.windows) return;
      for (const cell of cells) cell.size(batch.steps, batch.windows, batch.training);
      ends.size(batch.steps, batch.windows, batch.training);
      if (batch.training) sizeGradients();
      made.rows = Math.max(rows, made.rows);
      made.windows = Math.max(batch.windows, made.windows);
    },

    forward(input, shifts = null) {
      forwardSteps(input, 0, batch.known);
      for (let t = batch.known; t < batch.steps; t++) {
        feed?.forward(batch, t, outputs, shifts, input);
        forwardSteps(input, t, t + 1);
      }
      return outputs;
    },

    measure(targets, kept, count, every, tally) {
      const gradient = batch.training ? (gradients[last] as Float64Array) : null;
      const rows = every ? batch.steps * batch.windows : batch.windows;
      measured.output = outputs;
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
      const wanted = inputGradient ?? (feed !== null || ends.needsInput ? fed : null);
      for (let t = batch.steps - 1; t >= batch.known; t--) {
        backwardSteps(input, wanted, t, t + 1);
        feed?.backward(batch, t, input, wanted as Float64Array, gradients[last] as Float64Array);
      }
      backwardSteps(input, wanted, 0, batch.known);
    },
  };
}
