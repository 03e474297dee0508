// Values that are odd, and said: targets that never change, numbers that stand for none or are far from all others, a last row that falls as no other, series that end
// before the others. In: series. Out: warnings. Not here: what is done about them.

import { formatStamp } from '../core/calendar.ts';
import type { Column, Series } from '../core/data.ts';
import type { Warning } from '../core/errors.ts';

/** At most one warning of a kind for all series; the first three are named. `repair`: what to do about a number that stands for none. */
export function oddWarnings(series: readonly Series[], repair: (value: number) => string = asMissing): Warning[] {
  return [...constant(series), ...oddValues(series, repair), ...endedEarly(series)];
}

function asMissing(value: number): string {
  return `set source.missing: [${value}] with source.fill: previous`;
}

/** Those of single values, which may be mistakes: numbers that stand for none, and a last row that falls as no other. */
export function oddValues(series: readonly Series[], repair: (value: number) => string): Warning[] {
  return [...standIns(series, repair), ...unfinished(series)];
}

function constant(series: readonly Series[]): Warning[] {
  const found = series.flatMap((one) =>
    one.targets
      .filter(({ values }) => values.length > 1 && values.every((value) => value === values[0]))
      .map((target) => `${named(target, one)} is ${target.values[0]} in every row`),
  );
  if (found.length === 0) return [];
  return [{ code: 'W_CONSTANT_SERIES', message: listed(found, 'more targets are constant') }];
}

/** What people and programs write where they have no number: nines, and in a column of larger numbers −1. */
const STAND_INS: ReadonlySet<number> = new Set(
  [1, 9, 99, 999, 9999, 99999, 999999, 9999999].flatMap((size) => (size < 99 ? [-size] : [size, -size])),
);

/** Such a number that no value but its own is near: −99 among 40 and 60, 9999 among 3 and 8. */
function standIns(series: readonly Series[], repair: (value: number) => string): Warning[] {
  const found = series.flatMap((one) =>
    [...one.targets, ...one.past, ...one.future].flatMap((column) => {
      const odd = standInOf(column.values);
      if (odd === null) return [];
      const { value, count, least, most } = odd;
      const rows = `${count} row${count === 1 ? '' : 's'}`;
      return [{ value, what: `${named(column, one)} is ${value} in ${rows}, else ${least} … ${most}` }];
    }),
  );
  const [first] = found;
  if (first === undefined) return [];
  const told = listed(
    found.map(({ what }) => what),
    'more columns hold such a number',
  );
  return [{ code: 'W_STAND_IN', message: `${told}; where it stands for none ${repair(first.value)}` }];
}

interface StandIn {
  readonly value: number;
  readonly count: number;
  /** Of all other values. */
  readonly least: number;
  readonly most: number;
}

/** Times the range of all other values. */
const FAR = 50;
/** Of fewer values, and of counts of a few pieces, no range is known. */
const LEAST_DISTINCT = 12;

/** A number that stands for none; or one value that is far from all others, as where a sign of thousands or decimals was lost. */
function standInOf(values: Float64Array): StandIn | null {
  const { ends, many } = outermost(values);
  for (const end of ends) {
    const { value, count, least, most } = end;
    if (least > most || count * 2 >= values.length) continue;
    const apart = value < least ? least - value : value - most;
    if (STAND_INS.has(value)) {
      const below = value < 0 && least >= 0 && count > 1 && most >= 10 && fallsTo(value, values, least, most);
      if (below || (Math.abs(value) >= 99 && most > least && apart > most - least)) return end;
    }
    if (many && count === 1 && apart > FAR * (most - least)) return end;
  }
  return null;
}

/** The least and the largest value, each with the range of all others, and whether there are enough to speak of one. */
function outermost(values: Float64Array): { readonly ends: readonly StandIn[]; readonly many: boolean } {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let [nextLow, nextHigh] = [low, high];
  let [lows, highs] = [0, 0];
  const distinct = new Set<number>();
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    if (distinct.size < LEAST_DISTINCT) distinct.add(value);
    if (value < low) {
      nextLow = low;
      low = value;
      lows = 1;
    } else if (value === low) lows++;
    else if (value < nextLow) nextLow = value;
    if (value > high) {
      nextHigh = high;
      high = value;
      highs = 1;
    } else if (value === high) highs++;
    else if (value > nextHigh) nextHigh = value;
  }
  const ends = [
    { value: low, count: lows, least: nextLow, most: high },
    { value: high, count: highs, least: low, most: nextHigh },
  ];
  return { ends, many: distinct.size >= LEAST_DISTINCT };
}

/** Whether the values beside such a number are no small ones, as those beside a frost of −1 would be. */
function fallsTo(value: number, values: Float64Array, least: number, most: number): boolean {
  let sum = 0;
  let count = 0;
  for (let row = 0; row < values.length; row++) {
    if (values[row] !== value) continue;
    for (const beside of [values[row - 1], values[row + 1]]) {
      if (beside === undefined || beside === value || Number.isNaN(beside)) continue;
      sum += beside;
      count++;
    }
  }
  return count > 0 && sum / count > least + (most - least) / 4;
}

/** Fewer rows say little of how large a step may be. */
const LEAST_ROWS = 12;
/** Times the largest step before. */
const FALL = 1.5;

/** Zeros at the end, more on end than twice as many as ever before: a spreadsheet writes them for rows still to come. */
function emptyEnd(values: Float64Array, length: number): { readonly rows: number; readonly before: number } | null {
  let rows = 0;
  while (rows < length && values[length - 1 - rows] === 0) rows++;
  let before = 0;
  for (let row = 0, run = 0; row < length - rows; row++) {
    run = values[row] === 0 ? run + 1 : 0;
    before = Math.max(before, run);
  }
  return rows >= 2 && rows < length && rows > 2 * before ? { rows, before } : null;
}

/** A fall in the last row that no step before comes near, as of a month, a week or a day that is not over; or rows of 0 at the end. */
function unfinished(series: readonly Series[]): Warning[] {
  const found = series.flatMap((one) => {
    const { stamps, frequency } = one.time;
    if (stamps === null || /second|minute/.test(frequency.unit) || one.length < LEAST_ROWS) return [];
    return one.targets.flatMap((target) => {
      const { values } = target;
      const empty = emptyEnd(values, one.length);
      if (empty !== null) {
        const from = formatStamp(one.time, stamps[one.length - empty.rows] as number);
        const else0 = empty.before === 0 ? 'and never before' : `else in ${empty.before} on end at most`;
        return [`${named(target, one)} is 0 in its last ${empty.rows} rows, from ${from} on, ${else0}`];
      }
      const [last, before] = [values[one.length - 1] as number, values[one.length - 2] as number];
      let most = 0;
      for (let row = 1; row < one.length - 1; row++) {
        most = Math.max(most, Math.abs((values[row] as number) - (values[row - 1] as number)));
      }
      if (!(last >= 0 && most > 0 && before - last > FALL * most)) return [];
      const times = ((before - last) / most).toFixed(1);
      const when = formatStamp(one.time, stamps[one.length - 1] as number);
      return [
        `${named(target, one)} falls from ${before} to ${last} in its last row, ${when}: ${times} times any step before`,
      ];
    });
  });
  // Of hundreds of series some fall by chance; a month that is not over strikes most.
  if (found.length === 0 || found.length * 10 < series.length) return [];
  return [{ code: 'W_LAST_ROW', message: `${listed(found, 'more fall so')}; leave out rows whose time is not over` }];
}

/** Series that end before most others do: what is forecast of them begins where they end. */
function endedEarly(series: readonly Series[]): Warning[] {
  const ends = series.map(({ time, length }) => time.stamps?.[length - 1] ?? Number.NaN);
  const last = ends.reduce((latest, end) => Math.max(latest, end), Number.NEGATIVE_INFINITY);
  const early = series.filter((_, i) => (ends[i] as number) < last);
  if (Number.isNaN(last) || early.length === 0 || early.length * 2 >= series.length) return [];
  const whole = series[ends.indexOf(last)] as Series;
  const found = early.map(
    (one) => `${quoted(one.id)} ends ${formatStamp(one.time, one.time.stamps?.[one.length - 1] as number)}`,
  );
  const more = `of ${series.length} series end early`;
  const others = `others ${formatStamp(whole.time, last)}`;
  return [{ code: 'W_ENDED_EARLY', message: `${listed(found, more)}, ${others}: forecasts begin where a series ends` }];
}

function named({ name }: Column, { id }: Series): string {
  return `${quoted(name)} of ${quoted(id)}`;
}

function quoted(name: string): string {
  return JSON.stringify(name.length > 40 ? `${name.slice(0, 39)}…` : name);
}

function listed(found: readonly string[], more: string): string {
  return `${found.slice(0, 3).join(', ')}${found.length > 3 ? `, and ${found.length - 3} ${more}` : ''}`;
}
