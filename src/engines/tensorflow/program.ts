// A compiled network in TensorFlow: its cells in order, the loss. One batch forward and backward, inside its caller's scope.
// In: gathered rows. Out: outputs, losses, gradients in the store. Not here: epochs (train.ts), windows (reference/gather.ts).

import type { Network } from '../../models/network.ts';
import { inputWidth, type NetworkPlan } from '../../models/plan.ts';
import { type Batch, type Carried, emptyBatch } from '../reference/cell.ts';
import type { Gather } from '../reference/gather.ts';
import type { Cell, Pass } from './cell.ts';
import { createEnds, type Ends } from './ends.ts';
import { createFeed } from './feed.ts';
import type { Id, Kernels } from './kernels.ts';
import { makeCell } from './layers/index.ts';
import { type Measure, measureLoss } from './losses.ts';
import { add, addMany, concat, sliceRows, splitAt, zerosAbove } from './operations.ts';
import { createPass } from './pass.ts';
import { load, type Slot, type Store } from './store.ts';
import { begin, carriedBy, endsOf, keep } from './streams.ts';

/** What of the gathered windows a forward pass reads. */
export type Gathered = Pick<Gather, 'input' | 'shifts'>;

export interface Program {
  readonly batch: Batch;
  /** States that go on from batch to batch, by layer. */
  readonly carried: readonly { readonly layer: string; readonly memory: Carried }[];
  /** Rows that leave for the inputs gathered: every step's, or the last one's. */
  forward(gathered: Gathered): Id;
  /** The rows that are predictions: the last known step's, and those of the steps on own outputs. */
  lastRows(outputs: Id): Id;
  /** Outputs against the targets gathered, of `every` step or of the last one. */
  measure(gather: Gather, outputs: Id, every: boolean): Measure;
  /** Sets the gradient of every weight. Follows `measure` of the same arguments. */
  backward(measure: Measure, every: boolean): void;
  /** Where states stand after the batch that go on, and keeps them. They follow `forward`, and are settled between the two. */
  ends(): readonly Id[];
  keep(): void;
}

/** The network once more for each stretch of steps: the known ones, then each step on own outputs. */
interface Stage {
  readonly cells: readonly Cell[];
  readonly ends: Ends;
  pass: Pass;
}

export function createProgram(k: Kernels, network: Network, plan: NetworkPlan, store: Store): Program {
  const stages: Stage[] = [];
  const carried = carriedBy(network);
  const F = inputWidth(network);
  const W = plan.outputs;
  const batch = emptyBatch();
  const feed = createFeed(k, network, batch);

  const stageAt = (i: number, from: number, to: number): Stage => {
    const pass = createPass(k, batch, from, to, carried.length > 0 || batch.steps > batch.known);
    const made = stages[i] ?? {
      cells: plan.layers.map((layer) => makeCell(layer, store)),
      ends: createEnds(network, store, plan.output.sequence),
      pass,
    };
    made.pass = pass;
    stages[i] = made;
    return made;
  };

  const stageForward = ({ pass, cells, ends }: Stage, input: Id): Id => {
    let current = ends.enter(pass, input);
    for (const cell of cells) current = cell.forward(pass, current);
    return ends.leave(pass, current);
  };

  /** Gives the gradient of the stage's input where it is asked for. */
  const stageBackward = ({ pass, cells, ends }: Stage, gradient: Id, asked: boolean): Id => {
    let current = ends.leaveBack(pass, gradient);
    for (let i = cells.length - 1; i >= 0; i--) {
      current = cells[i]!.backward(pass, current, i > 0 || asked || ends.needsInput) as Id;
    }
    return asked || ends.needsInput ? ends.enterBack(pass, current) : -1;
  };

  /** Rows of the steps on own outputs, one stage each, after those of the known ones. */
  const runFree = (gathered: Gathered, known: Id): Id => {
    const B = batch.windows;
    const parts = [known];
    const outputs = new Map([[batch.known - 1, sliceRows(k, known, (batch.known - 1) * B, B, W)]]);
    for (let t = batch.known, i = 1; t < batch.steps; t++, i++) {
      const input = feed.forward(t, outputs, gathered);
      const stage = stageAt(i, t, t + 1);
      for (const [name, state] of stages[i - 1]!.pass.ends) stage.pass.begins.set(name, state);
      const rows = stageForward(stage, input);
      outputs.set(t, rows);
      parts.push(rows);
    }
    return concat(k, parts, 0);
  };

  /** The same way back; sums the weights' gradients over the stages. */
  const runFreeBack = (gradient: Id): void => {
    const B = batch.windows;
    const own = batch.steps - batch.known;
    const sizes = [batch.known * B, ...Array.from({ length: own }, () => B)];
    const toOutputs = [...splitAt(k, gradient, sizes, 0)]; // by stage
    const sums = new Map<Slot, Id[]>([...store.slots.values()].map((slot) => [slot, []]));
    for (let i = own; i >= 0; i--) {
      const stage = stages[i] as Stage;
      const back = stageBackward(stage, toOutputs[i] as Id, i > 0);
      for (const [slot, parts] of sums) parts.push(slot.gradient);
      if (i === 0) break;
      for (const [step, part] of feed.backward(stage.pass.first, back)) {
        const to = step - batch.known + 1;
        const rows = to === 0 ? zerosAbove(k, part, (batch.known - 1) * B) : part;
        toOutputs[to] = add(k, toOutputs[to] as Id, rows);
      }
      for (const [name, state] of stage.pass.toBegins) stages[i - 1]!.pass.toEnds.set(name, state);
    }
    for (const [slot, parts] of sums) slot.gradient = addMany(k, parts);
  };

  const above = () => (batch.steps - 1) * batch.windows; // rows before the last step's
  const lastRows = (outputs: Id): Id => {
    if (!plan.output.sequence) return outputs;
    const first = (batch.known - 1) * batch.windows;
    return sliceRows(k, outputs, first, batch.steps * batch.windows - first, W);
  };

  return {
    batch,
    carried,
    lastRows,

    forward(gathered) {
      load(k, store);
      const stage = stageAt(0, 0, batch.known);
      if (batch.continues) begin(stage.pass, carried, batch.continues);
      const known = stageForward(stage, batch.ids ? -1 : upload(k, gathered.input, [batch.known * batch.windows, F]));
      return batch.steps > batch.known ? runFree(gathered, known) : known;
    },

    measure(gather, outputs, every) {
      const rows = every ? batch.steps * batch.windows : batch.windows;
      return measureLoss(k, network.loss, {
        output: every ? outputs : lastRows(outputs),
        rows,
        width: W,
        targets: uploadTargets(k, network, gather, rows, W),
        kept: gather.kept ? k.floats(Float32Array.from(gather.kept.subarray(0, rows)), [rows, 1]) : null,
        count: Math.max(1, gather.count),
      });
    },

    backward(measure, every) {
      const whole = every || !plan.output.sequence;
      // Steps before the last one have no target, hence no gradient.
      const gradient = whole ? measure.gradient() : zerosAbove(k, measure.gradient(), above());
      if (batch.steps > batch.known) runFreeBack(gradient);
      else stageBackward(stages[0] as Stage, gradient, false);
    },

    ends: () => (batch.continues ? endsOf(stages[0]!.pass, carried) : []),

    keep() {
      if (batch.continues) keep(stages[0]!.pass, carried);
    },
  };
}

/** The first values of a buffer in float64, as a tensor in float32. */
function upload(k: Kernels, values: Float64Array, shape: readonly [number, number]): Id {
  return k.floats(new Float32Array(values.subarray(0, shape[0] * shape[1])), shape);
}

/** (rows, H · C), or (rows) ids, 0 in rows without a target. */
function uploadTargets(k: Kernels, network: Network, gather: Gather, rows: number, width: number): Id {
  const { targets, kept } = gather;
  if (network.output.kind === 'tokens') {
    const ids = Int32Array.from({ length: rows }, (_, row) => (kept !== null && kept[row] === 0 ? 0 : targets[row]!));
    return k.ints(ids, [rows]);
  }
  const values = width / network.output.quantiles;
  const given = new Float32Array(targets.subarray(0, rows * values));
  for (let row = 0; kept !== null && row < rows; row++) {
    if (kept[row] === 0) given.fill(0, row * values, (row + 1) * values);
  }
  return k.floats(given, [rows, values]);
}
