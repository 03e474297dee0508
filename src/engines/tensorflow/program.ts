// A compiled network in TensorFlow: its cells in order, the loss. One batch forward and backward, inside its caller's scope.
// In: gathered rows. Out: outputs, losses, gradients in the store. Not here: epochs (train.ts), windows (reference/gather.ts).

import type { Network } from '../../models/network.ts';
import { inputWidth, type NetworkPlan } from '../../models/plan.ts';
import type { Batch } from '../reference/cell.ts';
import type { Gather } from '../reference/gather.ts';
import type { Pass, Tokens } from './cell.ts';
import { createEnds } from './ends.ts';
import type { Id, Kernels } from './kernels.ts';
import { makeCell } from './layers/index.ts';
import { type Measure, measureLoss } from './losses.ts';
import { sliceRows, zerosAbove } from './operations.ts';
import { planReading, type Reading } from './reading.ts';
import { load, type Store } from './store.ts';

export interface Program {
  readonly batch: Batch;
  /** Rows of the last layer for the inputs gathered: every step's, or the last one's. */
  forward(gather: Gather): Id;
  /** Rows of the last step among those. */
  lastRows(outputs: Id): Id;
  /** Outputs against the targets gathered, of `every` step or of the last one. */
  measure(gather: Gather, outputs: Id, every: boolean): Measure;
  /** Sets the gradient of every weight. Follows `measure` of the same arguments. */
  backward(measure: Measure, every: boolean): void;
}

export function createProgram(k: Kernels, network: Network, plan: NetworkPlan, store: Store): Program {
  const cells = plan.layers.map((layer) => makeCell(layer, store));
  const ends = createEnds(network, store, plan.output.sequence);
  const features = inputWidth(network);
  const batch: Batch = {
    steps: 0,
    windows: 0,
    known: 0,
    from: 0,
    to: 0,
    continues: null,
    ids: null,
    mask: null,
    training: false,
    seed: 0,
    epoch: 0,
    step: 0,
  };
  let pass: Pass = createPass(k, batch);
  const above = () => (batch.steps - 1) * batch.windows; // rows before the last step's

  return {
    batch,

    forward(gather) {
      load(k, store);
      pass = createPass(k, batch);
      const rows = batch.steps * batch.windows;
      const input = batch.ids ? -1 : upload(k, gather.input, [rows, features]);
      let current = ends.enter(pass, input);
      for (const cell of cells) current = cell.forward(pass, current);
      return ends.leave(pass, current);
    },

    lastRows: (outputs) =>
      plan.output.sequence ? sliceRows(k, outputs, above(), batch.windows, plan.outputs) : outputs,

    measure(gather, outputs, every) {
      const output = every ? outputs : this.lastRows(outputs);
      const rows = every ? batch.steps * batch.windows : batch.windows;
      return measureLoss(k, network.loss, {
        output,
        rows,
        width: plan.outputs,
        targets: uploadTargets(k, network, gather, rows, plan.outputs),
        kept: gather.kept ? k.floats(Float32Array.from(gather.kept.subarray(0, rows)), [rows, 1]) : null,
        count: Math.max(1, gather.count),
      });
    },

    backward(measure, every) {
      const whole = every || !plan.output.sequence;
      // Steps before the last one have no target, hence no gradient.
      let gradient = whole ? measure.gradient() : zerosAbove(k, measure.gradient(), above());
      gradient = ends.leaveBack(pass, gradient);
      for (let i = cells.length - 1; i >= 0; i--) {
        const asked = i > 0 || ends.needsInput;
        gradient = cells[i]!.backward(pass, gradient, asked) as Id;
      }
      ends.enterBack(pass, gradient);
    },
  };
}

/** One batch on its way: orders and ids are made when a layer first asks for them. */
function createPass(k: Kernels, batch: Batch): Pass {
  const readings = new Map<boolean, Reading | null>();
  const tokens = new Map<Reading | null, Tokens>();
  return {
    k,
    batch,
    reading(reversed) {
      const known = readings.get(reversed);
      if (known !== undefined) return known;
      const planned = planReading(batch, reversed);
      readings.set(reversed, planned);
      return planned;
    },
    tokens(reading) {
      const made = tokens.get(reading) ?? uploadTokens(k, batch, reading);
      tokens.set(reading, made);
      return made;
    },
  };
}

/** The first values of a buffer in float64, as a tensor in float32. */
function upload(k: Kernels, values: Float64Array, shape: readonly [number, number]): Id {
  return k.floats(new Float32Array(values.subarray(0, shape[0] * shape[1])), shape);
}

function uploadTokens(k: Kernels, { ids, steps, windows }: Batch, reading: Reading | null): Tokens {
  const rows = steps * windows;
  const all = (ids as Int32Array).subarray(0, rows);
  const values = reading ? reading.from.map((row) => all[row]!) : all.slice();
  const tensor = k.ints(values, [rows]);
  if (values.every((id) => id >= 0)) return { ids: tensor, safe: tensor, known: null };
  return {
    ids: tensor,
    safe: k.ints(
      values.map((id) => Math.max(0, id)),
      [rows],
    ),
    known: k.floats(
      Float32Array.from(values, (id) => (id < 0 ? 0 : 1)),
      [rows, 1],
    ),
  };
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
  if (kept !== null)
    for (let row = 0; row < rows; row++) if (kept[row] === 0) given.fill(0, row * values, (row + 1) * values);
  return k.floats(given, [rows, values]);
}
