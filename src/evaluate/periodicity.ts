// At which lags a series repeats itself by more than chance: autocorrelation of its changes, tested so that wandering levels do not count.
// In: values. Out: lags with their autocorrelation and p. Not here: calendars, which rows may be read (seasons.ts).

import { studentCdf } from './significance.ts';

/** A lag at which a series repeats itself. */
export interface Period {
  readonly lag: number;
  /** Autocorrelation of the series' changes at the lag, −1 to 1. */
  readonly correlation: number;
  /** One-sided probability of as clear a repetition where there is none. */
  readonly p: number;
}

/** Changes are taken between means of a so-manieth part of the lag: noise from row to row would hide a long season. */
const PARTS = 12;
/** Stretches of rows that a test needs. */
const STRETCHES = 6;
/** What repeats less than this explains too little to be called a season, however certain it is. */
const LEAST_CORRELATION = 0.25;
/** Chance of a season where there is none: at a lag that was named, and among all lags of a series. */
const NAMED = 0.01;
const SEARCHED = 0.01;
/** A lag is the season where it repeats nearly as well as the best of its multiples. */
const NEARLY = 0.7;
const AS_WELL = 0.9;
/** What repeats after a season repeats so much less, at least, after two. */
const LASTING = 0.4;
const SHORTEST = 3;
/** Multiples of a lag that are looked at: at the twelfth a row too many is half a season of 24. */
const MULTIPLES = 12;
/** Median deviations: 3 standard deviations of a normal distribution. */
const WILD = 3 / 0.6745;

/**
 * Whether values repeat themselves at lags that are asked for. Let d be the changes between neighbouring means of b = lag / 12 rows, which in
 * white noise and in a random walk alike are independent 2 b rows apart. d(t) · (d(t − lag) − ½ d(t − ½ lag) − ½ d(t − 1½ lag)) has
 * mean 0 where nothing repeats and where a trend merely bends; its means over stretches of 2 b rows are tested by Student's t, since
 * volatility comes and goes.
 */
class Repetition {
  readonly #sums: Float64Array;
  readonly #products: Float64Array;
  readonly #changes = new Map<string, Float64Array>();

  constructor(values: ArrayLike<number>) {
    this.#sums = new Float64Array(values.length + 1);
    this.#products = new Float64Array(values.length);
    const origin = values[0] ?? 0;
    for (let t = 0; t < values.length; t++) {
      this.#sums[t + 1] = (this.#sums[t] as number) + (values[t] as number) - origin;
    }
  }

  get rows(): number {
    return this.#sums.length - 1;
  }

  /** null where there are too few rows to tell, or nothing changes. */
  at(lag: number, width: number = widthOf(lag), step: number = Math.max(1, Math.floor(width / 4))): Period | null {
    const half = Math.floor(lag / 2);
    const changes = this.#changesOf(width, step);
    const rows = (count: number): number => Math.round(count / step);
    const [near, same, far] = [rows(lag - half), rows(lag), rows(lag + half)];
    const stretch = Math.max(1, rows(2 * width));
    const products = this.#products;
    const from = far; // the first change with all of its past
    const stretches = Math.floor((changes.length - from) / stretch);
    if (stretches < STRETCHES) return null;
    let [sum, cross, now2, then2] = [0, 0, 0, 0];
    for (let i = from; i < changes.length; i++) {
      const now = changes[i] as number;
      const then = changes[i - same] as number;
      const product = now * (then - ((changes[i - near] as number) + (changes[i - far] as number)) / 2);
      products[i] = product;
      sum += product;
      cross += now * then;
      now2 += now * now;
      then2 += then * then;
    }
    if (!(now2 > 0 && then2 > 0)) return null;
    const correlation = cross / Math.sqrt(now2 * then2);
    const mean = (sum / (changes.length - from)) * stretch;
    const variance = spreadOfSums(products, from, changes.length, stretch, mean) / (stretches - 1);
    const exact = !(variance > 1e-24 * mean * mean); // every stretch the same
    const p = exact ? (mean > 0 ? 0 : 1) : studentCdf(-mean / Math.sqrt(variance), stretches - 1);
    return { lag, correlation, p };
  }

  /** Correlation of the changes from row to row at all of these lags together; NaN where none fits. */
  alike(lags: readonly number[]): number {
    const changes = this.#changesOf(1, 1);
    let [cross, now2, then2] = [0, 0, 0];
    for (const lag of lags) {
      for (let i = lag; i < changes.length; i++) {
        const now = changes[i] as number;
        const then = changes[i - lag] as number;
        cross += now * then;
        now2 += now * now;
        then2 += then * then;
      }
    }
    return cross / Math.sqrt(now2 * then2);
  }

  /** Mean of `width` rows less that of the `width` before them, every `step` rows, told from their own mean. */
  #changesOf(width: number, step: number): Float64Array {
    const key = `${width} ${step}`;
    const known = this.#changes.get(key);
    if (known) return known;
    const sums = this.#sums;
    const rows = sums.length - 1;
    const count = Math.max(0, Math.floor((rows - 2 * width) / step) + 1);
    const offset = rows - 2 * width - (count - 1) * step;
    const changes = new Float64Array(count);
    let mean = 0;
    for (let i = 0; i < count; i++) {
      const t = offset + i * step;
      const change = (sums[t + 2 * width] as number) - 2 * (sums[t + width] as number) + (sums[t] as number);
      changes[i] = change / width;
      mean += change / width / count;
    }
    for (let i = 0; i < count; i++) changes[i]! -= mean;
    clip(changes);
    this.#changes.set(key, changes);
    return changes;
  }
}

/** Mean square of how far the sums of all stretches in [from, until), overlapping, lie from `mean`. */
function spreadOfSums(products: Float64Array, from: number, until: number, stretch: number, mean: number): number {
  let part = 0;
  for (let i = from; i < from + stretch; i++) part += products[i] as number;
  let squares = (part - mean) * (part - mean);
  for (let i = from + stretch; i < until; i++) {
    part += (products[i] as number) - (products[i - stretch] as number);
    squares += (part - mean) * (part - mean);
  }
  return squares / (until - from - stretch + 1);
}

/** Draws what is wild to three usual deviations, so that a spike weighs no more than a clear change does. */
function clip(changes: Float64Array): void {
  const sizes = changes.map(Math.abs).sort();
  const bound = WILD * (sizes[Math.floor(sizes.length / 2)] ?? 0);
  if (bound === 0) return;
  for (let i = 0; i < changes.length; i++) changes[i] = Math.max(-bound, Math.min(bound, changes[i] as number));
}

/** Whether what was found at a lag that was named is a season. */
export function isSeason(period: Period | null, chance: number = NAMED): period is Period {
  return period !== null && period.p < chance && period.correlation >= LEAST_CORRELATION;
}

/** `values` less the mean of each row of the season, as it stands above a running mean. */
function withoutSeason(values: ArrayLike<number>, lag: number): Float64Array {
  const n = values.length;
  const sums = new Float64Array(n + 1);
  for (let t = 0; t < n; t++) sums[t + 1] = (sums[t] as number) + (values[t] as number);
  const means = new Float64Array(lag);
  const counts = new Float64Array(lag);
  const before = Math.floor(lag / 2);
  for (let t = before; t - before + lag <= n; t++) {
    const level = ((sums[t - before + lag] as number) - (sums[t - before] as number)) / lag;
    means[t % lag]! += (values[t] as number) - level;
    counts[t % lag]!++;
  }
  for (let k = 0; k < lag; k++) means[k]! /= counts[k] || 1;
  return Float64Array.from({ length: n }, (_, t) => (values[t] as number) - (means[t % lag] as number));
}

/** What lags that are named show, in their order; each is looked for in what the seasons before it leave. */
export function periodsAt(values: ArrayLike<number>, lags: readonly number[]): (Period | null)[] {
  let rest = values;
  return lags.map((lag) => {
    const period = new Repetition(rest).at(lag);
    if (isSeason(period)) rest = withoutSeason(rest, lag);
    return period;
  });
}

/**
 * Seasons of 3 rows and more that nobody named: two at most, the shortest first. Four of each are known, and what repeats after one season
 * repeats after two as well.
 */
export function periodsIn(values: ArrayLike<number>): Period[] {
  const first = shortestOf(new Repetition(values), SHORTEST, NEARLY);
  if (first === null) return [];
  const rest = new Repetition(withoutSeason(values, first.lag));
  const second = shortestOf(rest, 2 * first.lag - 1, AS_WELL);
  if (second === null || !holdsWhole(second.lag, first.lag)) return [first];
  return isSlowChange(rest, first.lag, second) ? [first] : [first, second];
}

/** The shortest lag that repeats `nearly` as well as the best one does, both told from equally smooth changes. */
function shortestOf(repetition: Repetition, from: number, nearly: number): Period | null {
  const peaks = peaksOf(repetition, from);
  const best = peaks.reduce<Period | null>((a, b) => (a && a.correlation >= b.correlation ? a : b), null);
  if (best === null) return null;
  const found = peaks.find(({ lag }) => {
    const width = Math.max(widthOf(lag), Math.min(widthOf(best.lag), Math.floor(lag / 4)));
    return (repetition.at(lag, width)?.correlation ?? 0) >= nearly * best.correlation;
  });
  return sharpened(repetition, found ?? best);
}

/** The same lag to the row, as far as changes between means of fewer rows tell it as well, and then its multiples. */
function sharpened(repetition: Repetition, { lag, correlation }: Period): Period | null {
  let found = lag;
  let reach = widthOf(lag);
  for (let width = Math.floor(reach / 2); width >= 1; width = Math.floor(width / 2)) {
    const near = Array.from({ length: 2 * reach + 1 }, (_, i) => repetition.at(found - reach + i, width, 1));
    const best = near.reduce((a, b) => ((b?.correlation ?? -1) > (a?.correlation ?? -1) ? b : a), null);
    if (best === null || best.correlation < AS_WELL * correlation) break;
    found = best.lag;
    reach = width;
  }
  return repetition.at(reach === 1 ? steadiest(repetition, found) : found);
}

/** Of a lag and its neighbours the one whose multiples repeat best, too: a row too many is several of them further back. */
function steadiest(repetition: Repetition, lag: number): number {
  const furthest = (2 * repetition.rows) / 3;
  let [found, best] = [lag, Number.NEGATIVE_INFINITY];
  for (let near = Math.max(SHORTEST, lag - 1); near <= lag + 1; near++) {
    const count = Math.min(MULTIPLES, Math.floor(furthest / near));
    const multiples = Array.from({ length: count }, (_, i) => (i + 1) * near);
    const correlation = repetition.alike(multiples);
    if (correlation > best) [found, best] = [near, correlation];
  }
  return found;
}

/** Whether a season is whole ones of a shorter one, but for a fiftieth: 7 days in a week, 52 weeks in a year. */
export function holdsWhole(longer: number, season: number): boolean {
  return Math.abs(longer - season * Math.round(longer / season)) <= longer / 50;
}

/** A season whose shape changes slowly leaves something that repeats at all its multiples, and best at the first of them. */
function isSlowChange(rest: Repetition, season: number, { lag, correlation }: Period): boolean {
  for (let nearer = season; nearer < lag - season / 2; nearer += season) {
    if ((rest.at(nearer)?.correlation ?? 1) >= correlation) return true;
  }
  return false;
}

/** Lags that stand out from their neighbours by more than chance among all lags of which four are known. */
function peaksOf(repetition: Repetition, from: number): Period[] {
  const most = Math.floor(repetition.rows / 4);
  const scanned: (Period | null)[] = [];
  let independent = 1;
  for (let lag = from; lag <= most + 1; lag++) {
    scanned.push(repetition.at(lag));
    independent += 1 / widthOf(lag);
  }
  return scanned.filter((period, i): period is Period => {
    if (!isSeason(period, SEARCHED / independent) || period.lag > most) return false;
    const reach = widthOf(period.lag);
    for (let k = Math.max(0, i - reach); k <= i + reach; k++) {
      if ((scanned[k]?.correlation ?? -1) > period.correlation) return false;
    }
    return (repetition.at(2 * period.lag)?.correlation ?? 0) >= LASTING * period.correlation;
  });
}

/** Rows that changes are smoothed over for a lag; lags so near to each other say nearly the same. */
function widthOf(lag: number): number {
  return Math.max(1, Math.floor(lag / PARTS));
}
