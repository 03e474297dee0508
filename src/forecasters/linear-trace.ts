// One target as the linear model sees it: transformed values, its unit, and what its errors cost.
// In: raw values. Out: a trace and the way back. Not here: windows (linear-fit.ts).

import type { Trace } from './linear-fit.ts';

export interface LinearTrace extends Omit<Trace, 'costs'> {
  readonly name: string;
  /** Rows of `values` learned from; those after it only judge settings. */
  readonly known: number;
  readonly raw: Float64Array;
  /** Mean |y[t] − y[t − season]| over the rows learned from, raw units (the scale of MASE); 0 where nothing moves. */
  readonly naive: number;
  /** A window of raw values, transformed. */
  transformed(window: Float64Array): Float64Array;
  /** The raw value `change` away from `base` in transformed units; null: `change` is the transformed value. */
  moved(base: number | null, change: number): number;
}

const LEAST = 1e-3; // of the smallest value known: what logarithms are taken of where later values are 0 or below
const FLAT = 1e-3; // of the mean deviation of all rows: windows that deviate less are told in this unit
const SMALLEST = 1e-300;
const MOST_EXPONENT = 600; // e^600 is still a number

export function linearTrace(
  name: string,
  raw: Float64Array,
  known: number,
  log: 'auto' | boolean,
  scale: 'window' | 'series' | 'none',
  season: number,
): LinearTrace {
  const past = raw.subarray(0, known);
  const logarithms = log === 'auto' ? past.every((value) => value > 0) : log;
  const least = logarithms ? Math.max(LEAST * past.reduce((a, b) => Math.min(a, b)), SMALLEST) : 0;
  const transformed = (window: Float64Array): Float64Array =>
    logarithms ? window.map((value) => Math.log(Math.max(value, least))) : window;
  const moved = (base: number | null, change: number): number => {
    if (!logarithms) return (base ?? 0) + change;
    const grown = Math.exp(Math.max(-MOST_EXPONENT, Math.min(change, MOST_EXPONENT)));
    return base === null ? grown : Math.min(Math.max(base, least) * grown, Number.MAX_VALUE);
  };
  const values = transformed(raw);
  const learned = values.subarray(0, known);
  return {
    name,
    known,
    raw,
    values,
    log: logarithms,
    unit: scale === 'series' ? deviation(learned) : 1,
    floor: FLAT * meanDeviation(learned),
    naive: meanMove(past, season),
    transformed,
    moved,
  };
}

/** The trace that is left without an effect on each row (transformed units); what its errors are measured by stays. */
export function without(trace: LinearTrace, effect: Float64Array): LinearTrace {
  const values = trace.values.map((value, t) => value - (effect[t] as number));
  return { ...trace, values, raw: trace.log ? values.map((value) => Math.exp(value)) : values };
}

/** Σ (value − first) and Σ (value − first)²: told from the first value, so that a large level costs no digits. */
export function sumsFromFirst(values: Float64Array): { readonly sum: number; readonly squares: number } {
  const first = values[0] as number;
  let sum = 0;
  let squares = 0;
  for (const value of values) {
    sum += value - first;
    squares += (value - first) * (value - first);
  }
  return { sum, squares };
}

/** Standard deviation; 1 where nothing moves. */
function deviation(values: Float64Array): number {
  const { sum, squares } = sumsFromFirst(values);
  const mean = sum / values.length;
  const variance = squares / values.length - mean * mean;
  return variance > 0 ? Math.sqrt(variance) : 1;
}

/** Mean |z − mean|, told from the first value. */
function meanDeviation(values: Float64Array): number {
  const first = values[0] as number;
  let sum = 0;
  for (const value of values) sum += value - first;
  const middle = sum / values.length;
  let deviation = 0;
  for (const value of values) deviation += Math.abs(value - first - middle);
  return deviation / values.length;
}

function meanMove(values: Float64Array, season: number): number {
  const lag = values.length > season ? season : 1;
  let sum = 0;
  for (let t = lag; t < values.length; t++) sum += Math.abs((values[t] as number) - (values[t - lag] as number));
  return values.length > lag ? sum / (values.length - lag) : 0;
}
