// The strict grammar of number cells, and the columns that collect them.
// In: cells as bytes (the common case) or as text. Out: float64 values, NaN where a cell is missing. Not here: time cells, rows.

import { ForecastError } from '../../core/errors.ts';
import type { GroupWatch } from './groups.ts';

/** How numbers are written in one file. */
export interface NumberStyle {
  readonly decimal: '.' | ',';
  readonly thousands: string | null;
  /** Cells that mean "no value", exactly as written. */
  readonly missing: ReadonlySet<string>;
  /** Signs and words beside numbers that are no part of them ($, %, kWh). */
  readonly units?: readonly string[] | undefined;
  /** Whether (5) is −5. */
  readonly parentheses?: boolean | undefined;
}

/** What a config says about numbers. */
export interface StyleOptions {
  readonly decimal?: '.' | ',' | undefined;
  readonly thousands?: string | undefined;
  readonly missing: readonly (string | number)[];
  readonly unit?: string | readonly string[] | undefined;
  readonly parentheses?: 'refuse' | 'negative' | undefined;
}

/** The style that options ask for, with the decimal sign that was named or found. */
export function styleOf({ thousands, missing, unit, parentheses }: StyleOptions, decimal: '.' | ','): NumberStyle {
  return {
    decimal,
    thousands: thousands ?? null,
    missing: new Set(missing.map(String)),
    units: unit === undefined ? undefined : [unit].flat(),
    parentheses: parentheses === 'negative',
  };
}

/** Where the reader is: the one place that knows, shared by all columns for their messages. */
export interface Place {
  readonly file: string;
  line: number;
  /** Lines that are left out already, for hints that name one more. */
  readonly skip?: readonly number[] | undefined;
}

/** Takes the cells of one column, row by row: as bytes of a block without quotes, or as text. */
export interface Sink {
  bytes(block: Buffer, start: number, end: number): void;
  text(cell: string): void;
}

const LARGEST = 1e300;
const SPACE = 0x20;
const TAB = 0x09;
const MINUS = 0x2d;
const PLUS = 0x2b;
const DOT = 0x2e;
const COMMA = 0x2c;
/** Powers of ten that a double holds exactly. */
const POWERS = Float64Array.from({ length: 23 }, (_, n) => Number(`1e${n}`));

/** A cell as shown in a message: at most 40 characters, control characters escaped. */
export function shown(cell: string): string {
  return JSON.stringify(cell.length > 40 ? `${cell.slice(0, 39)}…` : cell);
}

/** `file:line column "name"`, the place of a cell. */
export function whereOf(place: Place, column: string): string {
  return `${place.file}:${place.line} column ${shown(column)}`;
}

/** The number a cell spells, or NaN: digits with at most one decimal sign and an exponent; no hex, no underscores, no words. */
export function parseNumber(cell: string, style: NumberStyle): number {
  const pattern = style.decimal === '.' ? POINT_NUMBER : COMMA_NUMBER;
  const bare = withoutSigns(cell, style);
  const plain = style.thousands === null ? bare : withoutThousands(bare, style.thousands, style.decimal);
  if (!pattern.test(plain)) return Number.NaN;
  return Number(style.decimal === ',' ? plain.replace(',', '.') : plain);
}

const POINT_NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const COMMA_NUMBER = /^[+-]?(?:\d+,?\d*|,\d+)(?:[eE][+-]?\d+)?$/;

/** A minus as typesetters write it made plain; what stands around a number, as far as it is said to, taken off. */
function withoutSigns(cell: string, { units, parentheses }: NumberStyle): string {
  let plain = cell.replace(/^\u2212/, '-');
  if (parentheses && plain.startsWith('(') && plain.endsWith(')')) plain = `-${plain.slice(1, -1).trim()}`;
  if (parentheses && /^[\d.,]+-$/.test(plain)) plain = `-${plain.slice(0, -1)}`;
  if (units === undefined) return plain;
  const [, sign, size] = /^([+-]?)(.*)$/s.exec(plain) as unknown as [string, string, string];
  const before = units.find((unit) => size.startsWith(unit));
  const after = units.find((unit) => size.endsWith(unit));
  if (before !== undefined)
    return (
      sign +
      size
        .slice(before.length)
        .trim()
        .replace(/^\u2212/, '-')
    );
  return after === undefined ? plain : sign + size.slice(0, -after.length).trim();
}

/** How groups of digits are parted beside the sign that is named: blanks of any width, either apostrophe. */
const SAME_SIGN: { readonly [sign: string]: RegExp } = { ' ': /[\u00a0\u2009\u202f]/g, "'": /’/g };

/** Group signs removed where they stand after one to three digits and then every three; "" (no number) where they stand elsewhere. */
function withoutThousands(cell: string, sign: string, decimal: string): string {
  const end = cell.search(decimal === '.' ? /[.eE]/ : /[,eE]/);
  const whole = end < 0 ? cell : cell.slice(0, end);
  const same = SAME_SIGN[sign];
  const groups = (same === undefined ? whole : whole.replace(same, sign)).split(sign);
  if (groups.length === 1) return cell;
  const regular = groups.every((group, g) => (g === 0 ? /^[+-]?\d{1,3}$/ : /^\d{3}$/).test(group));
  return regular ? groups.join('') + (end < 0 ? '' : cell.slice(end)) : '';
}

/** Reads single cells by the grammar: as bytes of a block without quotes, or as text. NaN where a cell is missing. */
export interface NumberReader {
  bytes(block: Buffer, start: number, end: number): number;
  text(cell: string): number;
  /** Cells so far that were TRUE or FALSE, yes or no, read as 1 and 0. */
  booleans(): number;
}

/** A reader of number cells; what is none throws E_DATA_NOT_NUMERIC or E_DATA_RANGE at the place `where` tells. */
export function numberReader(
  style: NumberStyle,
  allowBooleans: boolean,
  where: () => string,
  watch: GroupWatch | null = null,
): NumberReader {
  const decimal = style.decimal === '.' ? DOT : COMMA;
  /** Numbers among the missing tokens (-9999), compared by value. */
  const missingNumbers = new Set([...style.missing].map((token) => parseNumber(token, style)));
  const hasMissingNumbers = [...missingNumbers].some((value) => !Number.isNaN(value));
  let booleans = 0;
  let watching = watch;

  const checked = (value: number): number => {
    if (value > LARGEST || value < -LARGEST) throw outOfRange(value, where());
    return hasMissingNumbers && missingNumbers.has(value) ? Number.NaN : value;
  };

  const text = (cell: string): number => {
    const trimmed = cell.trim();
    return trimmed === '' || style.missing.has(trimmed) ? Number.NaN : spelled(trimmed);
  };

  const spelled = (cell: string): number => {
    const value = parseNumber(cell, style);
    if (Number.isFinite(value)) {
      const known = checked(value);
      if (watching !== null && !Number.isNaN(known) && !sawText(withoutSigns(cell, style), value, watching))
        watching = null;
      return known;
    }
    const truth = allowBooleans ? truthOf(cell) : -1;
    if (truth < 0) throw notNumeric(cell, value, style, where(), allowBooleans);
    booleans++;
    return truth;
  };

  /** Plain decimals of up to 2^53 are exact here (one correctly rounded division); every other cell goes through `text`. */
  const bytes = (block: Buffer, start: number, end: number): number => {
    let s = start;
    let e = end;
    while (s < e && (block[s] === SPACE || block[s] === TAB)) s++;
    while (e > s && (block[e - 1] === SPACE || block[e - 1] === TAB)) e--;
    const sign = block[s];
    let i = sign === MINUS || sign === PLUS ? s + 1 : s;
    let mantissa = 0;
    let digits = 0;
    let point = -1;
    for (; i < e; i++) {
      const c = block[i] as number;
      if (c >= 0x30 && c <= 0x39) {
        mantissa = mantissa * 10 + (c - 0x30);
        digits++;
      } else if (c === decimal && point < 0) point = i;
      else break;
    }
    const fraction = point < 0 ? 0 : e - 1 - point;
    if (i < e || digits === 0 || mantissa > Number.MAX_SAFE_INTEGER || fraction > 22) {
      return text(block.toString('utf8', s, e));
    }
    const size = fraction === 0 ? mantissa : mantissa / (POWERS[fraction] as number);
    const value = checked(sign === MINUS ? -size : size);
    if (watching !== null && !Number.isNaN(value)) {
      const zero = block[e - digits - (point < 0 ? 0 : 1)] === 0x30;
      if (!watching.saw(digits - fraction, point < 0 ? -1 : fraction, size, zero)) watching = null;
    }
    return value;
  };

  return { bytes, text, booleans: () => booleans };
}

/** The digits of a number without units and signs; one with an exponent has no groups. */
function sawText(plain: string, value: number, watch: GroupWatch): boolean {
  const [, whole, fraction] = /^[+-]?(\d*)(?:[.,](\d*))?$/.exec(plain) ?? [];
  if (whole === undefined) return watch.saw(0, 0, 0, true);
  return watch.saw(whole.length, fraction?.length ?? -1, Math.abs(value), whole.startsWith('0'));
}

export interface NumberColumn extends Sink {
  readonly name: string;
  /** The values so far, NaN where missing. */
  values(): Float64Array;
  /** Cells that were TRUE or FALSE, read as 1 and 0. */
  booleans(): number;
}

/** A growing column of numbers. Its cells throw E_DATA_NOT_NUMERIC and E_DATA_RANGE naming file, line and column. */
export function numberColumn(
  name: string,
  style: NumberStyle,
  place: Place,
  allowBooleans: boolean,
  watch: GroupWatch | null,
): NumberColumn {
  const reader = numberReader(style, allowBooleans, () => whereOf(place, name), watch);
  let grown = new Float64Array(1024);
  let count = 0;

  const append = (value: number): void => {
    if (count === grown.length) grown = doubled(grown);
    grown[count++] = value;
  };

  return {
    name,
    bytes: (block, start, end) => append(reader.bytes(block, start, end)),
    text: (cell) => append(reader.text(cell)),
    values: () => grown.slice(0, count),
    booleans: () => reader.booleans(),
  };
}

function outOfRange(value: number, where: string): ForecastError {
  return new ForecastError('E_DATA_RANGE', `${value} lies beyond ±${LARGEST}`, {
    where,
    hint: 'choose a larger unit, or list it in source.missing',
  });
}

function notNumeric(cell: string, value: number, style: NumberStyle, where: string, input: boolean): ForecastError {
  const what = Number.isNaN(value) ? 'is not a number' : 'is not a finite number';
  return new ForecastError('E_DATA_NOT_NUMERIC', `${shown(cell)} ${what}`, {
    where,
    hint: hintFor(cell, style, input),
  });
}

/** 1 for a yes, 0 for a no, in the words that spreadsheets and people write; −1 for anything else. */
export function truthOf(cell: string): number {
  if (/^(?:true|yes|y|wahr|ja|j|vrai|oui|verdadero|s[ií]|vero)$/i.test(cell)) return 1;
  return /^(?:false|no|n|falsch|nein|faux|non|falso)$/i.test(cell) ? 0 : -1;
}

function hintFor(cell: string, style: NumberStyle, input: boolean): string {
  if (style.decimal === '.' && /^[+-]?\d+,\d+$/.test(cell)) {
    const grouped = /^[+-]?[1-9]\d{0,2},\d{3}$/.test(cell);
    return grouped
      ? 'set source.thousands: ",", or source.decimal: ","'
      : 'set source.decimal: ",", or source.thousands: ","';
  }
  const otherwise = settingsFor(cell, style);
  if (otherwise !== null) return otherwise;
  if (/^[+-]?[\d.,]+ ?[kKmM]$/.test(cell)) return 'write the number out: 1200, not 1.2K';
  if (truthOf(cell) >= 0) return 'a target is a number: write 1 and 0';
  if (/^\d+:\d{2}(?::\d{2})?$/.test(cell)) return 'write a duration as one number, such as minutes';
  if (input && /\p{L}{3}/u.test(cell) && !NO_VALUE.test(cell)) {
    return 'an input is a number: write a column of 1 and 0 for each word, or leave the column out';
  }
  if (/^(?:[^\d"\\]{1,12}|#[A-Z\d/]+[!?]?)$/.test(cell)) {
    const missing = [...new Set(['', ...style.missing, cell])].map((token) => JSON.stringify(token)).join(', ');
    return `correct the cell, or set source.missing: [${missing}] with source.fill: previous`;
  }
  return 'correct the cell, or list it in source.missing';
}

/** Words for no value, which an input may hold as well. */
const NO_VALUE = /^(?:n\/?a|nan|none|nil|null|missing|unknown|leer|#.*)$/i;

/** What a number may stand beside: a currency, %, °C, or after a blank a word such as kWh. */
const UNIT =
  /^\(?[+\u2212-]?(?:(\p{Lu}{0,3}\p{Sc}|\p{L}{1,3}(?= ))[\d\s.,'’+\u2212-]+|[\d.,'’]+(?:[\d\s.,'’]*\d)?(?:\s?(\p{Sc}|[%‰]|°\p{L}?)|\s(\p{L}[\p{L}\d²³/]{0,7})))\)?$/u;

/** The fewest settings under which a cell is a number, as a hint; null where there are none. */
function settingsFor(cell: string, style: NumberStyle): string | null {
  const [, before, sign, word] = UNIT.exec(cell) ?? [];
  const unit = before ?? sign ?? word;
  const units = unit === undefined ? [undefined] : [undefined, unit];
  const parentheses = cell.startsWith('(') || cell.endsWith('-') ? [undefined, true] : [undefined];
  let best: readonly string[] | null = null;
  for (const other of units)
    for (const negative of parentheses)
      for (const decimal of ['.', ','] as const)
        for (const thousands of [null, ',', '.', ' ', "'", '_']) {
          if (thousands === decimal) continue;
          const settings = [
            ...(other === undefined ? [] : [`source.unit: "${other}"`]),
            ...(negative ? ['source.parentheses: negative'] : []),
            ...(decimal === style.decimal ? [] : [`source.decimal: "${decimal}"`]),
            ...(thousands === style.thousands || thousands === null ? [] : [`source.thousands: "${thousands}"`]),
          ];
          const tried: NumberStyle = {
            ...style,
            decimal,
            thousands: thousands ?? style.thousands,
            units: other === undefined ? style.units : [...(style.units ?? []), other],
            parentheses: negative ?? style.parentheses,
          };
          if (Number.isNaN(parseNumber(cell, tried))) continue;
          if (best === null || settings.length < best.length) best = settings;
        }
  if (best === null || best.length === 0) return null;
  const [first, ...others] = best;
  return `set ${first}${others.length > 0 ? ` with ${others.join(' and ')}` : ''}`;
}

/** Twice the room, same contents. */
export function doubled(values: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(values.length * 2);
  larger.set(values);
  return larger;
}

export interface LabelColumn extends Sink {
  readonly name: string;
  readonly names: readonly string[];
  /** One index into `names` a row. */
  codes(): Int32Array;
}

/** A growing column of names (an id), each stored once. An empty cell throws E_DATA_MISSING. */
export function labelColumn(name: string, place: Place): LabelColumn {
  const names: string[] = [];
  const index = new Map<string, number>();
  let grown = new Int32Array(1024);
  let count = 0;
  let lastBytes: Buffer | null = null;
  let lastCode = -1;

  const append = (code: number): void => {
    if (count === grown.length) {
      const larger = new Int32Array(count * 2);
      larger.set(grown);
      grown = larger;
    }
    grown[count++] = code;
  };

  const text = (cell: string): void => {
    const label = cell.trim();
    if (label === '') {
      const hint = 'every row needs the id of its series';
      throw new ForecastError('E_DATA_MISSING', 'is empty', { where: whereOf(place, name), hint });
    }
    const known = index.get(label);
    if (known === undefined) index.set(label, names.push(label) - 1);
    lastCode = known ?? names.length - 1;
    append(lastCode);
  };

  /** Rows of one series mostly follow each other: the same bytes as before are the same name. */
  const bytes = (block: Buffer, start: number, end: number): void => {
    if (lastBytes !== null && sameBytes(block, start, end, lastBytes)) {
      append(lastCode);
      return;
    }
    text(block.toString('utf8', start, end));
    lastBytes = Buffer.from(block.subarray(start, end));
  };

  return {
    name,
    names,
    codes: () => grown.slice(0, count),
    bytes,
    text: (cell) => {
      lastBytes = null;
      text(cell);
    },
  };
}

function sameBytes(block: Buffer, start: number, end: number, other: Buffer): boolean {
  if (end - start !== other.length) return false;
  for (let i = 0; i < other.length; i++) if (block[start + i] !== other[i]) return false;
  return true;
}
