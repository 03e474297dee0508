// Whether a forecast holds once the truth is known: do the intervals cover, are the errors those to expect, is there a drift.
// In: what was forecast and what came. Out: a judgement with its probabilities. Not here: reading, wording.

import { logGamma, normalCdf } from './significance.ts';

/** One value that was forecast and came. */
export interface HeldValue {
  /** The path it belongs to: a target of a series. */
  readonly id: string;
  /** Step, from 0. */
  readonly step: number;
  readonly actual: number;
  readonly forecast: number;
  /** Bounds by level; empty where there were none. */
  readonly lower: { readonly [level: string]: number };
  readonly upper: { readonly [level: string]: number };
  /** Mean |error| of the backtest at this step; null where there was none. */
  readonly expected: number | null;
}

export interface LevelHeld {
  readonly level: number;
  readonly inside: number;
  readonly judged: number;
  /** Probability of so few inside, if the level held. */
  readonly p: number;
  /** The least that p could have been, with none inside: where even that is not small nothing can be told yet. */
  readonly least: number;
}

export interface Holding {
  /** `hold`: nothing speaks against the forecast; `refit-due`: something does; `too-early`: too little is known. */
  readonly status: 'hold' | 'refit-due' | 'too-early';
  /** Whether anything is as far from its promise as a planner minds, be it chance or not. */
  readonly off: boolean;
  /** What speaks against it. */
  readonly causes: readonly ('coverage' | 'error' | 'drift')[];
  readonly levels: readonly LevelHeld[];
  /** Errors beside the backtest's at the same steps; null without a backtest. `p`: the chance of such errors among those of its origins. */
  readonly error: {
    readonly ratio: number;
    readonly p: number;
    readonly least: number;
    readonly origins: number;
  } | null;
  /** Mean of forecast − actual, the tracking signal of a single path (their sum over mean |error|; Brown 1959), and how many paths' sums kept to their interval. */
  readonly bias: { readonly mean: number; readonly signal: number | null; readonly sums: LevelHeld | null };
}

export interface HoldingFacts {
  readonly values: readonly HeldValue[];
  readonly levels: readonly number[];
  /** By backtest origin: errors of a path's steps 1 … h together over what was expected of them, mean over the paths (H). */
  readonly ratios: readonly (readonly number[])[];
  /** Rows known at these origins. */
  readonly origins: readonly number[];
  /** Half width of the interval for the sum of a path's first `steps` values at a level; null where there is none. */
  readonly sumWidth: (id: string, level: number, steps: number) => number | null;
}

/** A chance this small is not called chance. */
const ALARM = 0.05;
/** Coverage this far below its level, or errors this many times as large, matter to a planner; less does not, however certain. */
const POINTS = 0.05;
const TIMES = 1.5;
/** Values before which nobody should be calmed. */
const FEWEST = 3;
/** How much the steps of one path go together: errors of a random walk do as much. */
const TOGETHER = 0.5;

export function judgeHolding({ values, levels, ratios, origins, sumWidth }: HoldingFacts): Holding {
  const paths = pathsOf(values);
  const held = levels.flatMap((level) => levelOf(paths, level));
  const error = errorOf(values, ratios, origins);
  const sums = sumsOf(paths, Math.max(...levels, 0), sumWidth);
  const alarm = ALARM / Math.max(1, held.length);
  const far = held.filter(isFar);
  const larger = error !== null && error.ratio >= TIMES ? error : null;
  const drift = sums !== null && isFar(sums) ? sums : null;
  const causes = [
    ...(far.some(({ p }) => p < alarm) ? (['coverage'] as const) : []),
    ...(larger !== null && larger.p <= ALARM ? (['error'] as const) : []),
    ...(drift !== null && drift.p < ALARM ? (['drift'] as const) : []),
  ];
  const tellable = held.some(({ least }) => least < alarm) || (error !== null && error.least <= ALARM);
  return {
    status: causes.length > 0 ? 'refit-due' : tellable && values.length >= FEWEST ? 'hold' : 'too-early',
    off: far.length > 0 || larger !== null || drift !== null,
    causes,
    levels: held,
    error,
    bias: { ...biasOf(values, paths.length), sums },
  };
}

type Path = readonly HeldValue[];

function pathsOf(values: readonly HeldValue[]): Path[] {
  const paths = new Map<string, HeldValue[]>();
  for (const value of values) paths.set(value.id, [...(paths.get(value.id) ?? []), value]);
  return [...paths.values()].map((path) => path.sort((a, b) => a.step - b.step));
}

function isFar({ level, inside, judged }: LevelHeld): boolean {
  return inside / judged <= level / 100 - POINTS;
}

function levelOf(paths: readonly Path[], level: number): LevelHeld[] {
  const key = String(level);
  const judged = paths.map((path) => path.filter(({ lower, upper }) => key in lower && key in upper));
  const sizes = judged.map(({ length }) => length).filter((length) => length > 0);
  if (sizes.length === 0) return [];
  const inside = judged.flat().filter(({ actual, lower, upper }) => {
    return (lower[key] as number) <= actual && actual <= (upper[key] as number);
  }).length;
  const at = (count: number): number => fewInside(sizes, level / 100, count);
  return [{ level, inside, judged: sizes.reduce((sum, size) => sum + size, 0), p: at(inside), least: at(0) }];
}

/** Whether the sum of each path's values, as far as they are known without a gap from the first step, lies inside its interval. */
function sumsOf(paths: readonly Path[], level: number, width: HoldingFacts['sumWidth']): LevelHeld | null {
  let inside = 0;
  let judged = 0;
  for (const path of paths) {
    const known = path.filter(({ step }, n) => step === n);
    const own = known.length > 1 ? width((path[0] as HeldValue).id, level, known.length) : null;
    if (own === null) continue;
    const sum = known.reduce((total, { actual, forecast }) => total + actual - forecast, 0);
    if (Math.abs(sum) <= own) inside++;
    judged++;
  }
  if (judged === 0) return null;
  const sizes = Array.from({ length: judged }, () => 1);
  return { level, inside, judged, p: fewInside(sizes, level / 100, inside), least: fewInside(sizes, level / 100, 0) };
}

/** Origins closer than the steps are far see the same rows: they count as many as fit side by side. */
function errorOf(
  values: readonly HeldValue[],
  ratios: HoldingFacts['ratios'],
  origins: readonly number[],
): Holding['error'] {
  const known = values.filter(({ expected }) => expected !== null && expected > 0);
  if (known.length === 0 || ratios.length === 0) return null;
  const times = pathsOf(known).map((path) => {
    const size = path.reduce((sum, { actual, forecast }) => sum + Math.abs(actual - forecast), 0);
    return size / path.reduce((sum, { expected }) => sum + (expected as number), 0);
  });
  const ratio = times.reduce((sum, own) => sum + own, 0) / times.length;
  const reach = known.reduce((most, { step }) => Math.max(most, step), 0);
  const share = ratios.filter((own) => (own[reach] ?? 0) >= ratio).length / ratios.length;
  const span = (origins.at(-1) ?? 0) - (origins[0] ?? 0) + 1;
  const apart = Math.min(ratios.length, (span + reach) / (reach + 1));
  const least = 1 / (apart + 1);
  return { ratio, p: least * (1 + share * apart), least, origins: ratios.length };
}

function biasOf(values: readonly HeldValue[], paths: number): Omit<Holding['bias'], 'sums'> {
  const errors = values.map(({ actual, forecast }) => forecast - actual);
  const sum = errors.reduce((total, error) => total + error, 0);
  const size = errors.reduce((total, error) => total + Math.abs(error), 0);
  return {
    mean: errors.length > 0 ? sum / errors.length : 0,
    signal: size > 0 && paths === 1 ? (sum * errors.length) / size : null,
  };
}

/** Paths from which on their sum is as good as normal. */
const MANY = 40;

/**
 * Probability that at most `count` values lie inside, each with probability `share`, where the values of one path go together: a sum of
 * beta-binomial counts, one a path (Skellam 1948), with intra-class correlation 0.5.
 */
export function fewInside(sizes: readonly number[], share: number, count: number): number {
  if (sizes.length >= MANY) {
    const mean = sizes.reduce((sum, n) => sum + n * share, 0);
    const variance = sizes.reduce((sum, n) => sum + n * share * (1 - share) * (1 + (n - 1) * TOGETHER), 0);
    return normalCdf((count + 0.5 - mean) / Math.sqrt(variance));
  }
  let chances = Float64Array.of(1);
  for (const size of sizes) chances = convolved(chances, betaBinomial(size, share));
  let sum = 0;
  for (let k = 0; k <= count && k < chances.length; k++) sum += chances[k] as number;
  return Math.min(1, sum);
}

function betaBinomial(size: number, share: number): Float64Array {
  const total = 1 / TOGETHER - 1;
  const [a, b] = [share * total, (1 - share) * total];
  const beta = (x: number, y: number): number => logGamma(x) + logGamma(y) - logGamma(x + y);
  const choose = (k: number): number => logGamma(size + 1) - logGamma(k + 1) - logGamma(size - k + 1);
  return Float64Array.from({ length: size + 1 }, (_, k) =>
    Math.exp(choose(k) + beta(k + a, size - k + b) - beta(a, b)),
  );
}

function convolved(a: Float64Array, b: Float64Array): Float64Array<ArrayBuffer> {
  const all = new Float64Array(a.length + b.length - 1);
  for (let i = 0; i < a.length; i++)
    for (let j = 0; j < b.length; j++) all[i + j]! += (a[i] as number) * (b[j] as number);
  return all;
}
