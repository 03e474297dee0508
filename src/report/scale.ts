// Axes: from what is to be shown to a domain and its ticks.
// In: numbers, or rows with their times. Out: axes for svg.ts. Not here: pixels.

import { civilOf, DAY, HOUR, MINUTE, SECOND } from '../core/calendar.ts';
import { figures } from './figures.ts';

export interface Tick {
  readonly at: number;
  readonly text: string;
}

export interface Axis {
  readonly label: string;
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly Tick[];
  /** Logarithmic: both ends are above 0. */
  readonly log?: boolean;
}

/** A row and its time in milliseconds. */
export type Moment = readonly [row: number, stamp: number];

/** An axis around values with round ticks; `zero` puts 0 on it. Values that are no numbers do not count. */
export function valueAxis(label: string, values: Iterable<number>, zero = false): Axis {
  let low = zero ? 0 : Number.POSITIVE_INFINITY;
  let high = zero ? 0 : Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (low > high) return { label, low: 0, high: 1, ticks: [] };
  const [from, until] = padded(low, high);
  return { label, low: from, high: until, ticks: roundTicks(from, until, 5) };
}

/** Room above and below; a side that ends at 0 stays there. */
function padded(low: number, high: number): [number, number] {
  const limit = Number.MAX_VALUE / 4;
  const room = low === high ? Math.max(Math.abs(low) * 0.1, Number.MIN_VALUE * 1e9) : (high / 2 - low / 2) * 0.1;
  if (low === 0 && high === 0) return [-1, 1];
  const from = low >= 0 && low - room < 0 ? 0 : low - room;
  const until = high <= 0 && high + room > 0 ? 0 : high + room;
  return [Math.max(-limit, from), Math.min(limit, until)];
}

/** Values that spread over more than this factor are read on a logarithmic axis. */
const SPREAD = 30;

/** A logarithmic axis where all values are above 0 and spread far; else a plain one. */
export function lossAxis(label: string, values: readonly number[]): Axis {
  const known = values.filter(Number.isFinite);
  const low = known.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const high = known.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  if (!(low > 0) || high / low <= SPREAD) return valueAxis(label, known);
  const first = Math.floor(Math.log10(low));
  const last = Math.ceil(Math.log10(high));
  const every = Math.max(1, Math.ceil((last - first) / 6));
  const ticks: Tick[] = [];
  for (let power = first; power <= last; power += every) {
    const at = Number(`1e${power}`);
    ticks.push({ at, text: Math.abs(power) < 4 ? String(at) : `1e${power}`.replace('-', '−') });
  }
  return { label, low: Number(`1e${first}`), high: Number(`1e${last}`), ticks, log: true };
}

/** Round numbers inside [low, high], about `wanted` of them. */
export function roundTicks(low: number, high: number, wanted: number): Tick[] {
  const step = roundStep((high - low) / wanted);
  if (!(step > 0) || !Number.isFinite(step)) return labelled([low, high]);
  const first = Math.ceil(low / step);
  const last = Math.floor(high / step);
  if (!(last - first <= 4 * wanted)) return labelled([low, high]);
  return labelled(Array.from({ length: last - first + 1 }, (_, i) => clean((first + i) * step, step)));
}

/** 1, 2 or 5 times a power of ten, at least `least`. */
function roundStep(least: number): number {
  const power = Number(`1e${Math.floor(Math.log10(least))}`);
  const found = [1, 2, 5, 10].find((factor) => factor * power >= least * 0.999);
  return (found ?? 10) * power;
}

/** Without the noise of binary fractions: 0.30000000000000004 as 0.3. */
function clean(value: number, step: number): number {
  const decimals = Math.max(0, -Math.floor(Math.log10(step)));
  return decimals <= 100 ? Number(value.toFixed(decimals)) : value;
}

/** With as many digits as tell the ticks apart. */
function labelled(values: readonly number[]): Tick[] {
  for (let digits = 3; ; digits++) {
    const texts = figures(values, digits);
    if (digits >= 17 || new Set(texts).size === values.length)
      return values.map((at, i) => ({ at, text: texts[i] as string }));
  }
}

/** An axis of whole numbers from `first` to `last`: steps ahead, epochs, rows. */
export function countAxis(label: string, first: number, last: number): Axis {
  const room = first === last ? 0.5 : 0;
  const ticks = roundTicks(first - room, last + room, Math.min(8, Math.max(1, last - first))).filter(
    ({ at }) => Number.isInteger(at) && at >= first,
  );
  const shown =
    ticks.some(({ at }) => at === first) || ticks.length > 8 ? ticks : [{ at: first, text: String(first) }, ...ticks];
  return { label, low: first - room, high: last + room, ticks: shown };
}

/** Rows with the calendar's own ticks: years, months, days, hours; without times, row numbers. */
export function rowAxis(first: number, last: number, moments: readonly Moment[] | null): Axis {
  const ticks = moments === null ? [] : calendarTicks(moments, 8);
  if (ticks.length < 2) return countAxis('row', first, last);
  return { label: '', low: first, high: Math.max(last, first + 1), ticks };
}

interface Unit {
  /** Number of the unit a time lies in. */
  readonly key: (stamp: number) => number;
  readonly text: (stamp: number) => string;
}

const UNITS: readonly Unit[] = [
  ...[1000, 500, 200, 100, 50, 20, 10, 5, 2, 1].map((n) => ({
    key: (stamp: number): number => Math.floor(civilOf(stamp).year / n),
    text: (stamp: number): string => String(civilOf(stamp).year),
  })),
  ...[6, 3, 1].map((n) => ({
    key: (stamp: number): number => {
      const { year, month } = civilOf(stamp);
      return Math.floor((year * 12 + month - 1) / n);
    },
    text: (stamp: number): string => dateOf(stamp).slice(0, -3),
  })),
  // Weeks begin on Mondays; day 0 was a Thursday.
  { key: (stamp: number): number => Math.floor((stamp / DAY + 3) / 14), text: dateOf },
  { key: (stamp: number): number => Math.floor((stamp / DAY + 3) / 7), text: dateOf },
  ...[2, 1].map((n) => ({ key: (stamp: number): number => Math.floor(stamp / (n * DAY)), text: dateOf })),
  ...[12, 6, 3, 1].map((n) => fixed(n * HOUR, clockOf)),
  ...[30, 10, 5, 1].map((n) => fixed(n * MINUTE, clockOf)),
  ...[30, 10, 5, 1].map((n) => fixed(n * SECOND, secondsOf)),
];

function fixed(length: number, text: (stamp: number) => string): Unit {
  return { key: (stamp) => Math.floor(stamp / length), text };
}

function two(n: number): string {
  return String(Math.floor(n)).padStart(2, '0');
}

function dateOf(stamp: number): string {
  const { year, month, day } = civilOf(stamp);
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`;
}

/** The time of day; at midnight the date. */
function clockOf(stamp: number): string {
  const inDay = stamp - Math.floor(stamp / DAY) * DAY;
  return inDay < MINUTE ? dateOf(stamp).slice(-5) : `${two(inDay / HOUR)}:${two((inDay / MINUTE) % 60)}`;
}

function secondsOf(stamp: number): string {
  const inDay = stamp - Math.floor(stamp / DAY) * DAY;
  return `${two(inDay / HOUR)}:${two((inDay / MINUTE) % 60)}:${two((inDay / SECOND) % 60)}`;
}

/** Rows where a unit of the calendar begins, of the finest unit that has at most `most` beginnings. */
function calendarTicks(moments: readonly Moment[], most: number): Tick[] {
  let best: Tick[] = [];
  for (const unit of UNITS) {
    const ticks = beginnings(moments, unit, most);
    if (ticks === null) break;
    if (ticks.length > best.length) best = ticks;
  }
  return best;
}

/** null where there are more than `most`. */
function beginnings(moments: readonly Moment[], { key, text }: Unit, most: number): Tick[] | null {
  const [first, second] = moments;
  if (!first || !second) return [];
  const ticks: Tick[] = [];
  let before = key(first[1] - (second[1] - first[1]));
  for (const [at, stamp] of moments) {
    const own = key(stamp);
    if (own !== before) ticks.push({ at, text: text(stamp) });
    if (ticks.length > most) return null;
    before = own;
  }
  return ticks;
}
