// The contract of an engine: who does the arithmetic. Coarse calls only: several epochs, or many windows, a call.
// In: a network as data, weights, sequences cut by offset. Out: losses, outputs, weights. Not here: early stopping, checkpoints (train/), decoding (predict/).

import type { Sequence } from '../core/sequence.ts';
import type { Tensors } from '../core/tensor.ts';
import type { Network } from '../models/network.ts';
import type { OptimizerSpec } from '../optimizers/optimizer.ts';
import type { ScheduleSpec } from '../optimizers/schedule.ts';
import type { Cuts, WindowShape } from '../window/window.ts';

export interface Engine {
  readonly kind: string;
  readonly summary: string;
  /** Whether it loads here, in words; where it does not, the command that repairs it. */
  available(): Promise<
    // `build`: what of it, beside its kind, changes the bits of results (an instruction set); absent where nothing does.
    | { readonly ok: true; readonly detail: string; readonly build?: string }
    | { readonly ok: false; readonly why: string; readonly repair: string }
  >;
  /** Networks it can train at the same time, each with the bytes it has alone (together.ts); absent: one. */
  readonly together?: number;
  /** Sizes everything once. Errors: E_MODEL_SHAPE where weights do not fit the network, E_CONFIG_CONFLICT where it cannot compute it. */
  compile(network: Network, weights: Tensors): Promise<Compiled>;
}

/** Windows of a sequence: the engine gathers them by offset, nothing is materialised. */
export interface Windows {
  readonly sequence: Sequence;
  readonly shape: WindowShape;
  readonly cuts: Cuts;
}

/** Where training stands: `step` steps of epoch `epoch` (1-based) are done. A finished epoch e is { epoch: e + 1, step: 0 }. */
export interface Position {
  readonly epoch: number;
  readonly step: number;
  /** Sums over the steps already done in this epoch, so that a resumed epoch reports the same loss. */
  readonly lossSum: number;
  readonly correct: number;
  readonly weight: number;
  /** Gradient norm of the epoch's last step, where all steps are done and the validation was stopped. */
  readonly norm?: number;
}

export const START: Position = { epoch: 1, step: 0, lossSum: 0, correct: 0, weight: 0 };

export interface TrainRequest {
  readonly training: Windows;
  /** Evaluated after each epoch, in the same call; null: nothing held out. */
  readonly validation: Cuts | null;
  readonly seed: number;
  readonly batch: number;
  readonly shuffle: boolean;
  readonly optimizer: OptimizerSpec;
  readonly schedule: ScheduleSpec;
  /** Global gradient norm at most this; null: not clipped. */
  readonly clip: number | null;
  /** Epochs of the whole training, for schedules and progress. */
  readonly epochs: number;
  readonly from: Position;
  /** Stop after this epoch (≤ epochs), so that early stopping and checkpoints sit between calls. */
  readonly until: number;
  /** Stops within a step when aborted, of the training as of the validation. */
  readonly signal?: AbortSignal;
  /** Told of every epoch in its order; of short ones without a validation when several are over, and the network stands where the last one left it. */
  readonly onEpoch?: (record: EpochRecord) => void;
  /** At most a few times a second, and never inside a step. */
  readonly onStep?: (position: Position, steps: number) => void;
}

/** One epoch of the history. `loss`: sample-weighted mean of the batch losses, each before its update. */
export interface EpochRecord {
  readonly epoch: number;
  readonly loss: number;
  readonly accuracy: number | null;
  readonly validationLoss: number | null;
  readonly validationAccuracy: number | null;
  /** Learning rate of the epoch's last step. */
  readonly rate: number;
  /** Global gradient norm of the epoch's last step, before clipping. */
  readonly gradientNorm: number;
}

export interface TrainReport {
  readonly records: readonly EpochRecord[];
  readonly position: Position;
  /**
   * `nonfinite`: the loss or the gradient of step `position.step + 1` was NaN or ∞; weights and optimizer are back where the last
   * completed epoch (or the call) left them.
   */
  readonly stopped: 'done' | 'aborted' | 'nonfinite';
}

export interface Compiled {
  train(request: TrainRequest): Promise<TrainReport>;
  /**
   * Mean loss (and accuracy for tokens) over windows, without dropout. A network that runs free is measured on its forecast alone. One that
   * carries its state reads each range of cuts in one pass, from its first window's first input to its last cutoff, and every position counts once.
   * Errors: E_DATA_TOO_SHORT without windows, Interrupted within a batch of the signal.
   */
  evaluate(
    windows: Windows,
    batch: number,
    signal?: AbortSignal,
  ): Promise<{ readonly loss: number; readonly accuracy: number | null }>;
  /**
   * Outputs after the last input of each window, normalisation undone: (N, H · C · Q), or logits (N, V). A network that carries its state
   * reads each range of cuts in one pass too: a window's output knows all from the range's first window on. Errors: Interrupted soon after the signal.
   */
  predict(windows: Windows, signal?: AbortSignal): Promise<Float64Array>;
  /** Copies, by name. */
  weights(): Tensors;
  /**
   * The optimizer's moments by name ("lstm/kernel#m"), and the steps it has made; inside an epoch of a network that carries its state also
   * the state each stream stands at ("carried/lstm#h": (streams, units)), so that a resumed epoch ends in the same bytes.
   */
  optimizer(): { readonly steps: number; readonly moments: Tensors };
  /** Puts weights (and the optimizer's state, where given) back. */
  restore(weights: Tensors, optimizer?: { readonly steps: number; readonly moments: Tensors }): void;
  dispose(): void;
}
