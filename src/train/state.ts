// All state of a training run: what a checkpoint holds, so that a resumed run ends in the same bytes.
// Not here: how it is written to disk (artifact/).

import type { Tensors } from '../core/tensor.ts';
import type { EpochRecord, Position } from '../engines/engine.ts';

export interface TrainState {
  readonly position: Position;
  readonly weights: Tensors;
  readonly optimizer: { readonly steps: number; readonly moments: Tensors };
  readonly history: readonly EpochRecord[];
  /** The best epoch so far by validation loss, kept where early stopping is on. */
  readonly best: { readonly epoch: number; readonly loss: number; readonly weights: Tensors } | null;
  /** The first step's batch loss: divergence is measured against it. */
  readonly firstLoss: number | null;
}
