// What a forecast is held against once the truth is known, as a file and back: its times, the errors to expect, the baselines' forecasts.
// In: yardsticks. Out: the file; yardsticks. Not here: making them (../yardsticks.ts), judging by them (../commands/check.ts).

import { jsonPieces } from '../core/json.ts';
import { encoded } from './write.ts';

export const YARDSTICKS = 'yardsticks.json';

/** Targets are named "series/target". */
export interface Yardsticks {
  /** Stamps of the forecast's steps by series, milliseconds UTC; positions where its rows have no times. */
  readonly times: { readonly [series: string]: readonly number[] };
  /** Mean seasonal difference of each target over all rows, raw units; null where it never changes. */
  readonly units: { readonly [id: string]: number | null };
  /** Mean |error| of the backtest by target and step (H); empty where there was none. */
  readonly errors: { readonly [id: string]: readonly number[] };
  /** By backtest origin: mean of |error| over its expectation, all targets together, over steps 1 … h (H). */
  readonly ratios: readonly (readonly number[])[];
  /** Rows known at these origins, of the first target. */
  readonly origins: readonly number[];
  /** What the baselines expected, fitted on the same rows: by name, target and step. */
  readonly baselines: { readonly [forecaster: string]: { readonly [id: string]: readonly number[] } };
}

export function yardsticksFile(yardsticks: Yardsticks): Uint8Array[] {
  return encoded(jsonPieces({ ...yardsticks }));
}

/** The yardsticks a run folder holds; null where an older version wrote none. */
export function readYardsticks(stored: { has(name: string): boolean; json(name: string): unknown }): Yardsticks | null {
  return stored.has(YARDSTICKS) ? (stored.json(YARDSTICKS) as Yardsticks) : null;
}
