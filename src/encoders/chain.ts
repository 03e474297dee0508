// Encoders over whole data: a chain per target column of a series, one tokenizer over all documents of a text.
// In: raw data, where learning stops, choices. Out: a Sequence and the way back to raw units. Not here: any single encoder, windows.

import type { Column, Series, Text } from '../core/data.ts';
import { ForecastError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import type { Segment, Sequence } from '../core/sequence.ts';
import type { NumberEncoder, NumberEncoderKind, TextEncoder, TextEncoderKind } from './encoder.ts';
import { ENCODERS } from './index.ts';

/** One entry of a chain: a kind of the table and its own options, already checked by its schema. */
export interface EncoderChoice {
  readonly kind: string;
  readonly [option: string]: unknown;
}

/** A series' encoders, fitted: raw series ↔ Sequence. */
export interface FittedEncoders {
  /** Positions at the start of a series that have no encoded value; the sequence's only segment is [skip, length). */
  readonly skip: number;
  /** Target columns that never change in the training part. */
  readonly constant: readonly string[];
  readonly state: JsonObject;
  /** Any series with the same columns. Errors: E_DATA_COLUMN where they differ, E_DATA_RANGE where a value cannot be encoded. */
  encode(series: Series): Sequence;
  /**
   * Undoes the encoding in place: values[(n · H + h) · C + c] stands for position cutoffs[n] + lead + h of target c. Reads the
   * series before each cutoff only. Errors: E_TRAIN_DIVERGED where a forecast is not finite in raw units.
   */
  decode(values: Float64Array, series: Series, cutoffs: ArrayLike<number>, lead: number, horizon: number): void;
}

/** Whether these kinds encode numbers or text. Errors: E_CONFIG_CONFLICT where they cannot be chained. */
export function formOf(kinds: readonly string[]): 'numbers' | 'text' {
  const forms = kinds.map((kind) => entry(kind).form);
  const text = forms.indexOf('text');
  if (text < 0) return 'numbers';
  if (kinds.length === 1) return 'text';
  throw new ForecastError(
    'E_CONFIG_CONFLICT',
    `"${kinds[text]}" cannot be chained with other encoders (${kinds.join(', ')})`,
    {
      where: 'encoder',
      hint: `write encoder: { kind: ${kinds[text]} }`,
    },
  );
}

/**
 * Fits the chain to every target column on rows [0, until), each column by itself, and `standard` to every covariate; covariates stay as
 * they are where the chain is `none`, and those of a calendar (`asIs`) always. Errors: E_CONFIG_CONFLICT for text encoders, or for a difference with a lead;
 * E_DATA_TOO_SHORT, E_DATA_RANGE from the encoders.
 */
export function fitNumbers(
  series: Series,
  until: number,
  chain: readonly EncoderChoice[],
  season: number,
  lead = 0,
): FittedEncoders {
  const kinds = chain.map(({ kind }) => kind);
  if (formOf(kinds) === 'text') throw notFor(kinds[0] as string, 'numbers');
  const untouched = kinds.every((kind) => kind === 'none');
  const choicesOf = ({ asIs }: Column): readonly EncoderChoice[] => [{ kind: untouched || asIs ? 'none' : 'standard' }];
  const fitted = (column: Column, choices: readonly EncoderChoice[]): FittedColumn => ({
    name: column.name,
    stages: fitColumn(column, until, choices, season),
  });
  const targets = series.targets.map((column) => fitted(column, chain));
  if (lead > 0) checkLead(targets, lead);
  return fittedNumbers({
    targets,
    past: series.past.map((column) => fitted(column, choicesOf(column))),
    future: series.future.map((column) => fitted(column, choicesOf(column))),
    constant: series.targets.filter((column) => isConstant(column.values, until)).map((column) => column.name),
  });
}

/** The encoders a state describes. */
export function restoreNumbers(state: JsonObject): FittedEncoders {
  const restoreAll = (columns: unknown): FittedColumn[] =>
    (columns as { name: string; stages: JsonObject[] }[]).map(({ name, stages }) => ({
      name,
      stages: stages.map((stage) => numberEntry(stage.kind as string).restore(stage)),
    }));
  return fittedNumbers({
    targets: restoreAll(state.targets),
    past: restoreAll(state.past),
    future: restoreAll(state.future),
    constant: state.constant as readonly string[],
  });
}

interface FittedColumn {
  readonly name: string;
  readonly stages: readonly NumberEncoder[];
}

interface FittedColumns {
  readonly targets: readonly FittedColumn[];
  readonly past: readonly FittedColumn[];
  readonly future: readonly FittedColumn[];
  readonly constant: readonly string[];
}

function fittedNumbers(columns: FittedColumns): FittedEncoders {
  const skip = columns.targets.reduce((most, { stages }) => Math.max(most, skipOf(stages)), 0);
  const describe = (fitted: readonly FittedColumn[]): JsonObject[] =>
    fitted.map(({ name, stages }) => ({ name, stages: stages.map((stage) => stage.state) }));
  return {
    skip,
    constant: columns.constant,
    state: {
      targets: describe(columns.targets),
      past: describe(columns.past),
      future: describe(columns.future),
      constant: columns.constant,
    },
    encode: (series) => ({
      length: series.length,
      segments: series.length > skip ? [{ start: skip, end: series.length }] : [],
      targets: encodeColumns(columns.targets, series.targets, 'target'),
      past: encodeColumns(columns.past, series.past, 'past'),
      future: encodeColumns(columns.future, series.future, 'future'),
      tokens: null,
    }),
    decode: (values, series, cutoffs, lead, horizon) => {
      if (lead > 0) checkLead(columns.targets, lead);
      columns.targets.forEach((column, c) => {
        const source = (series.targets[c] as Column).values;
        decodeColumn(column, source, values, cutoffs, lead, horizon, c, columns.targets.length);
      });
    },
  };
}

/** Each stage is fitted on what the stage before it gives, without the positions already lost. */
function fitColumn(
  column: Column,
  until: number,
  chain: readonly EncoderChoice[],
  season: number,
): readonly NumberEncoder[] {
  const stages: NumberEncoder[] = [];
  let input = column.values;
  let known = until;
  for (const { kind, ...options } of chain) {
    if (known < 1) throw tooShort(column.name, until);
    const stage = numberEntry(kind).fit(input, known, options, { season, column: column.name });
    stages.push(stage);
    // Only what has been learned from is needed to fit the next stage; later rows are not looked at.
    input = stage.encode(input.subarray(0, known)).subarray(stage.skip);
    known -= stage.skip;
  }
  return stages;
}

function encodeColumns(fitted: readonly FittedColumn[], columns: readonly Column[], role: string): Float64Array[] {
  const expected = fitted.map(({ name }) => name).join(', ');
  const given = columns.map(({ name }) => name).join(', ');
  if (expected !== given) {
    throw new ForecastError('E_DATA_COLUMN', `${role} columns are [${given}], fitted on [${expected}]`, {
      hint: 'give the columns the model was fitted on, in the same order',
    });
  }
  return fitted.map(({ stages }, i) => encodeColumn(stages, columns[i] as Column));
}

function encodeColumn(stages: readonly NumberEncoder[], { name, values }: Column): Float64Array {
  const encoded = inputsOf(stages, values).at(-1) as Float64Array;
  const lost = values.length - encoded.length;
  for (let t = 0; t < encoded.length; t++) {
    if (!Number.isFinite(encoded[t] as number)) throw outOfRange(name, t + lost, values[t + lost] as number);
  }
  if (lost === 0) return encoded;
  const placed = new Float64Array(values.length);
  placed.set(encoded, lost);
  return placed;
}

/** What each stage reads, and last what the final one gives; every stage's own skip is cut off before the next. */
function inputsOf(stages: readonly NumberEncoder[], values: Float64Array): Float64Array[] {
  const inputs = [values];
  for (const stage of stages) inputs.push(stage.encode(inputs.at(-1) as Float64Array).subarray(stage.skip));
  return inputs;
}

/** Undoes the stages in reverse, one cutoff at a time. */
function decodeColumn(
  { name, stages }: FittedColumn,
  source: Float64Array,
  values: Float64Array, // (N, H, C)
  cutoffs: ArrayLike<number>,
  lead: number,
  horizon: number,
  c: number,
  targets: number,
): void {
  const known = source.subarray(0, latest(cutoffs));
  const histories = inputsOf(stages.slice(0, -1), known);
  const forecast = new Float64Array(horizon);
  for (let n = 0; n < cutoffs.length; n++) {
    const at = n * horizon * targets + c;
    for (let h = 0; h < horizon; h++) forecast[h] = values[at + h * targets] as number;
    for (let s = stages.length - 1; s >= 0; s--) {
      const history = histories[s] as Float64Array;
      const lost = known.length - history.length;
      (stages[s] as NumberEncoder).decode(forecast, history, (cutoffs[n] as number) + lead - lost);
    }
    for (let h = 0; h < horizon; h++) {
      if (!Number.isFinite(forecast[h] as number)) throw notFinite(name, cutoffs[n] as number, h);
      values[at + h * targets] = forecast[h] as number;
    }
  }
}

function latest(cutoffs: ArrayLike<number>): number {
  let last = 0;
  for (let n = 0; n < cutoffs.length; n++) last = Math.max(last, cutoffs[n] as number);
  return last;
}

function skipOf(stages: readonly NumberEncoder[]): number {
  return stages.reduce((sum, stage) => sum + stage.skip, 0);
}

function isConstant(values: Float64Array, until: number): boolean {
  for (let i = 1; i < until; i++) if (values[i] !== values[0]) return false;
  return until > 0;
}

/** The tokens of all documents on one axis, and the documents' stretches on it; documents without a token are left out. */
export interface Tokens {
  readonly tokens: readonly string[];
  readonly segments: readonly Segment[];
}

/** Tokens of a text at most: each is a pointer of 8 bytes, held twice while a text is cut; a list holds no more than 2²⁷. */
const MOST_TOKENS = 67_108_864;

/** Cuts every document into tokens; nothing is learned yet. Errors: E_TEXT_EMPTY, E_DATA_TOO_LARGE, E_CONFIG_CONFLICT for encoders of numbers. */
export function tokenize(text: Text, choice: EncoderChoice): Tokens {
  const { kind, ...options } = choice;
  const { split } = textEntry(kind);
  const tokens: string[] = [];
  const segments: Segment[] = [];
  for (const document of text.documents) {
    const start = tokens.length;
    const found = atMost(MOST_TOKENS - start, kind, document, () => split(document, options));
    if (found === null) throw tooLarge(text.id, kind);
    for (const token of found) tokens.push(token);
    if (tokens.length > start) segments.push({ start, end: tokens.length });
  }
  if (tokens.length === 0) {
    throw new ForecastError('E_TEXT_EMPTY', `"${text.id}" holds no ${kind}`, {
      hint: 'give a text that is not empty',
    });
  }
  return { tokens, segments };
}

/** The tokens that `split` gives, null where they are more than `most`, or more than a list holds. */
function atMost(
  most: number,
  kind: string,
  document: string,
  split: () => readonly string[],
): readonly string[] | null {
  if (kind === 'characters' && document.length > 2 * most) return null; // a character has two units at most
  try {
    const found = split();
    return found.length <= most ? found : null;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function tooLarge(id: string, kind: string): ForecastError {
  return new ForecastError('E_DATA_TOO_LARGE', `"${id}" holds more than ${MOST_TOKENS} ${kind}`, {
    where: 'source',
    hint: 'learn from a part of the file',
  });
}

/** Numbers the tokens of the training part, tokens[0, until). `padding`: id 0 must be free for padding. */
export function fitText(
  tokens: readonly string[],
  until: number,
  choice: EncoderChoice,
  context: { readonly padding: boolean },
): TextEncoder {
  const { kind, ...options } = choice;
  return textEntry(kind).fit(tokens, until, options, context);
}

/** The text encoder a state describes. */
export function restoreText(state: JsonObject): TextEncoder {
  return textEntry(state.kind as string).restore(state);
}

/** One target channel of ids; −1 where a token is not in the vocabulary. */
export function encodeText(tokens: readonly string[], segments: readonly Segment[], encoder: TextEncoder): Sequence {
  return {
    length: tokens.length,
    segments,
    targets: [encoder.encode(tokens)],
    past: [],
    future: [],
    tokens: { vocabulary: encoder.vocabulary, padding: encoder.padding },
  };
}

function entry(kind: string): NumberEncoderKind | TextEncoderKind {
  const found = Object.hasOwn(ENCODERS, kind) ? ENCODERS[kind] : undefined;
  if (found) return found;
  throw new ForecastError('E_CONFIG_UNKNOWN_KIND', `no encoder is called "${kind}"`, {
    where: 'encoder.kind',
    hint: `one of ${Object.keys(ENCODERS).join(', ')}`,
  });
}

function numberEntry(kind: string): NumberEncoderKind {
  const found = entry(kind);
  if (found.form === 'numbers') return found;
  throw notFor(kind, 'numbers');
}

function textEntry(kind: string): TextEncoderKind {
  const found = entry(kind);
  if (found.form === 'text') return found;
  throw notFor(kind, 'text');
}

function notFor(kind: string, form: 'numbers' | 'text'): ForecastError {
  const fitting = Object.values(ENCODERS).filter((encoder) => encoder.form === form);
  return new ForecastError('E_CONFIG_CONFLICT', `encoder "${kind}" does not encode ${form}`, {
    where: 'encoder',
    hint: `for ${form} use one of ${fitting.map((encoder) => encoder.kind).join(', ')}`,
  });
}

/** A difference is undone from the value before the first forecast, which a lead leaves unknown. */
function checkLead(targets: readonly FittedColumn[], lead: number): void {
  const stage = targets.flatMap(({ stages }) => stages).find(({ skip }) => skip > 0);
  if (stage === undefined) return;
  throw new ForecastError(
    'E_CONFIG_CONFLICT',
    `encoder "${stage.state.kind}" cannot be undone over a lead of ${lead} unknown steps`,
    {
      where: 'window.lead',
      hint: 'set lead: 0 and a longer horizon, or use another encoder',
    },
  );
}

function tooShort(column: string, until: number): ForecastError {
  return new ForecastError(
    'E_DATA_TOO_SHORT',
    `column "${column}" has ${until} training rows, too few to fit its encoders`,
    {
      where: 'encoder',
      hint: 'give more rows or a smaller lag',
    },
  );
}

function outOfRange(column: string, row: number, value: number): ForecastError {
  return new ForecastError(
    'E_DATA_RANGE',
    `column "${column}", row ${row + 1}: ${value} is too far from the training part to be encoded`,
    { where: 'encoder', hint: 'check the value, or give the column in a larger unit (thousands, millions)' },
  );
}

function notFinite(column: string, cutoff: number, step: number): ForecastError {
  return new ForecastError(
    'E_TRAIN_DIVERGED',
    `the forecast of "${column}" at cutoff ${cutoff}, step ${step + 1}, is not finite in raw units`,
    {
      where: 'encoder',
      hint: 'lower train.rate, set train.clip: 1, or use encoder standard',
    },
  );
}
