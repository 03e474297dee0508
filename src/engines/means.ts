// What every engine tells of windows it has measured: their means, and the record of an epoch that ends with them.
// In: sums, a pass that may have been stopped. Out: means, a record. Not here: passes (each engine's evaluate.ts).

import { Interrupted } from '../core/errors.ts';
import type { Network } from '../models/network.ts';
import type { EpochRecord, Position, TrainRequest, Windows } from './engine.ts';

export interface Means {
  readonly loss: number;
  /** Share of right tokens; null for numbers. */
  readonly accuracy: number | null;
}

/** Of measured targets: weighted losses, right ones, weights. */
export interface Sums {
  readonly loss: number;
  readonly correct: number;
  readonly weight: number;
}

export function meansOf({ output }: Network, { loss, correct, weight }: Sums): Means {
  return { loss: loss / weight, accuracy: output.kind === 'tokens' ? correct / weight : null };
}

/** What a pass over windows throws that its signal has stopped. */
export function interrupted(): Interrupted {
  return new Interrupted('a pass over windows was stopped');
}

/** What a pass found. Errors: Interrupted where it found nothing, its signal having stopped it. */
export async function unbroken(pass: Promise<Means | null>): Promise<Means> {
  const means = await pass;
  if (!means) throw interrupted();
  return means;
}

/** The windows an epoch ends with; null where there are none. */
export function validationOf({ training, validation }: TrainRequest): Windows | null {
  return validation !== null && validation.count > 0 ? { ...training, cuts: validation } : null;
}

/** An epoch whose steps are done; `rate` and `norm` are those of its last one. */
export function recordOf(
  network: Network,
  { epoch, lossSum, correct, weight }: Position,
  validation: Means | null,
  rate: number,
  norm: number,
): EpochRecord {
  const { loss, accuracy } = meansOf(network, { loss: lossSum, correct, weight });
  return {
    epoch,
    loss,
    accuracy,
    validationLoss: validation?.loss ?? null,
    validationAccuracy: validation?.accuracy ?? null,
    rate,
    gradientNorm: norm,
  };
}
