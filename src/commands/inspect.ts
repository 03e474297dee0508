// Looking inside before training: rows, splits, the first samples decoded, the vocabulary both ways, the model's cost.
// In: a config, or a data file. Out: plain facts as text and JSON. Not here: training.

import type { Config } from '../config/config.ts';
import { settle } from '../config/defaults.ts';
import type { LoadedConfig } from '../config/load.ts';
import { describeFrequency, timeOfRow } from '../core/calendar.ts';
import type { Column, Series, Text } from '../core/data.ts';
import type { Json } from '../core/json.ts';
import { checkOptions } from '../core/options.ts';
import type { Season } from '../core/season.ts';
import type { Sequence } from '../core/sequence.ts';
import { fitNumbers } from '../encoders/chain.ts';
import type { TextEncoder } from '../encoders/encoder.ts';
import { MODELS } from '../models/index.ts';
import { type ModelSummary, summarise } from '../models/summary.ts';
import { buildNetwork } from '../predict/network.ts';
import { holdOut, windowShape } from '../prepare/cutting.ts';
import { openInput } from '../prepare/input.ts';
import { factsOf, loadData, type OpenOptions } from '../prepare/open.ts';
import { counted } from '../report/figures.ts';
import { seasonFact } from '../report/seasons.ts';
import { renderSummary } from '../report/summary.ts';
import { idsOf, textTask, textUnread } from '../track/text.ts';
import { cutoffAt, fromAt, lengthAt, targetsBetween } from '../window/cuts.ts';
import type { SplitPositions } from '../window/split.ts';
import type { Cuts, WindowShape } from '../window/window.ts';

export interface Inspection {
  readonly text: string;
  readonly json: { readonly [key: string]: Json };
}

/** First samples shown. */
const SAMPLES = 3;
/** Tokens of a vocabulary shown as text; the JSON holds all. */
const TOKENS = 60;

/** Series shown as text; the JSON holds all. */
const SERIES = 3;

function others(series: number): string[] {
  return series > SERIES ? [`… ${series - SERIES} more series with --json`] : [];
}

/** What a config, named or given as for `run`, would train on; nothing is trained. Errors: those of the config and its source. */
export async function inspect(input: LoadedConfig | string | object, options: OpenOptions = {}): Promise<Inspection> {
  checkOptions('inspect', options, {
    set: 'texts',
    seed: 'number',
    engine: 'text',
    root: 'text',
    allowOutside: 'flag',
  });
  const opened = await openInput(input, options);
  const data = await loadData(opened);
  const facts = factsOf(data);
  const config = settle(opened.written, facts);
  const parts =
    data.raw.form === 'text'
      ? [inspectText(config, data.raw)]
      : data.raw.series.map((series) => inspectSeries(config, series, facts.season, data.seasons ?? []));
  // The networks of several series are alike more often than not: each is shown after the last series that has it.
  const shown = parts.slice(0, SERIES);
  const networks = shown.map(({ network }, i) => (network === shown[i + 1]?.network ? '' : network));
  const notes = [...data.notes, ...data.warnings.map(({ code, message }) => `${code}: ${message}`)];
  return {
    text: [
      ...shown.flatMap((part, i) => [part.text, networks[i] as string]).filter((text) => text !== ''),
      ...others(parts.length),
      ...notes.map((note) => `note: ${note}`),
      '',
    ].join('\n'),
    json: { name: config.name, sha256: data.sha256, notes, parts: parts.map((part) => part.json) },
  };
}

/** What is found of a part, and the table of its network apart; '' where the model is none. */
interface Part extends Inspection {
  readonly network: string;
}

function inspectSeries(config: Config, series: Series, season: number, seasons: readonly Season[]): Part {
  const shape = windowShape(config, series);
  const { cuts, parts } = holdOut(config, shape, series.length);
  const trainUntil = parts.validation ?? parts.test ?? series.length;
  const sizes = sizesOf(cuts, shape, parts, series.length);
  const encoders = fitNumbers(series, trainUntil, config.encoder, season, shape.lead);
  const sequence = encoders.encode(series);
  const columns = [
    ...series.targets.map((column) => ({ role: 'target', column })),
    ...series.past.map((column) => ({ role: 'past', column })),
    ...series.future.filter(({ asIs }) => !asIs).map((column) => ({ role: 'future', column })),
  ];
  const samples = firstSamples(cuts, shape, (at) =>
    series.targets.map(({ values }) => brief(values[at] as number)).join(' '),
  );
  const summary = summaryOf(config, shape, sequence);
  const lines = [
    `series ${series.id}: ${series.length} rows, ${timeOfRow(series.time, 0)} … ${timeOfRow(series.time, series.length - 1)}, ${describeFrequency(series.time.frequency)}, ${seasonFact(seasons) || 'no season'}`,
    ...columns.map(
      ({ role, column }) => `  ${role.padEnd(7)} ${column.name}: ${rangeOf(column.values, series.length)}`,
    ),
    ...calendarLines(series.future),
    `windows: ${cuts.count} (training ${sizes.training}, validation ${sizes.validation}, test ${sizes.test}), context ${shape.context}, horizon ${shape.horizon}`,
    ...samples.map(({ x, y }) => `  ${x} → ${y}`),
  ];
  return {
    text: lines.join('\n'),
    network: summary ? renderSummary(summary) : '',
    json: {
      series: series.id,
      rows: series.length,
      season,
      seasons: seasons.map((one) => ({ ...one })),
      windows: { all: cuts.count, ...sizes },
      samples,
      parameters: summary?.parameters ?? 0,
    },
  };
}

/** The calendar's columns, those of a feature together: "calendar month=1 … month=12". */
function calendarLines(future: readonly Column[]): string[] {
  const features = new Map<string, string[]>();
  for (const { name, asIs } of future) {
    const feature = name.split(/[= ]/)[0] as string;
    if (asIs) features.set(feature, [...(features.get(feature) ?? []), name]);
  }
  return [...features.values()].map((names) => {
    const [first, last] = [names[0], names.at(-1)];
    return `  future  ${first === last ? first : `${first} … ${last}`}: the calendar`;
  });
}

function inspectText(config: Config, text: Text): Part {
  const task = textTask(config, text);
  const { tokens, shape, cuts, parts, encoder, sequence } = task;
  const unread = textUnread(config, task);
  const sizes = sizesOf(cuts, shape, parts, tokens.length);
  const samples = firstSamples(cuts, shape, (at) => JSON.stringify(tokens[at]));
  const summary = summaryOf(config, shape, sequence);
  const vocabulary = vocabularyOf(encoder);
  const lines = [
    `text ${text.id}: ${counted(text.documents.length, 'document')}, ${counted(tokens.length, 'token')}, ${idsOf(encoder)}`,
    `id → token: ${vocabulary
      .slice(0, TOKENS)
      .map(({ id, token }) => `${id}:${JSON.stringify(token)}`)
      .join(' ')}${vocabulary.length > TOKENS ? ' …' : ''}`,
    `token → id: ${[...vocabulary]
      .sort((a, b) => (a.token < b.token ? -1 : 1))
      .slice(0, TOKENS)
      .map(({ id, token }) => `${JSON.stringify(token)}:${id}`)
      .join(' ')}${vocabulary.length > TOKENS ? ' …' : ''}`,
    `windows: ${cuts.count} (training ${sizes.training}, validation ${sizes.validation}, test ${sizes.test}), context ${shape.context}`,
    ...samples.map(({ x, y }) => `  ${x} → ${y}`),
    ...(unread ? [`note: ${unread.code}: ${unread.message}`] : []),
  ];
  return {
    text: lines.join('\n'),
    network: summary ? renderSummary(summary) : '',
    json: {
      text: text.id,
      documents: text.documents.length,
      tokens: tokens.length,
      windows: { all: cuts.count, ...sizes },
      samples,
      parameters: summary?.parameters ?? 0,
      vocabulary,
    },
  };
}

/** The network as a table; null where the model is none. */
function summaryOf({ model }: Config, shape: WindowShape, sequence: Sequence): ModelSummary | null {
  return MODELS[model.kind] ? summarise(buildNetwork({ model, shape }, sequence), shape) : null;
}

function sizesOf(
  cuts: Cuts,
  shape: WindowShape,
  parts: SplitPositions,
  length: number,
): { training: number; validation: number; test: number } {
  const { validation, test } = parts;
  return {
    training: targetsBetween(cuts, shape, 0, validation ?? test ?? length).count,
    validation: validation === null ? 0 : targetsBetween(cuts, shape, validation, test ?? length).count,
    test: test === null ? 0 : targetsBetween(cuts, shape, test, length).count,
  };
}

/** The first windows, their inputs and targets as `show` writes a position. */
function firstSamples(cuts: Cuts, shape: WindowShape, show: (at: number) => string): { x: string; y: string }[] {
  return Array.from({ length: Math.min(SAMPLES, cuts.count) }, (_, i) => {
    const cutoff = cutoffAt(cuts, i);
    const first = Math.max(fromAt(cuts, i), cutoff - lengthAt(cuts, shape, i));
    const positions = (from: number, to: number): string =>
      shortened(Array.from({ length: to - from }, (_, k) => show(from + k)));
    return { x: positions(first, cutoff), y: positions(cutoff + shape.lead, cutoff + shape.lead + shape.horizon) };
  });
}

/** Whole up to eight, so that a sample is a line of most terminals. */
function shortened(items: readonly string[]): string {
  return items.length <= 8
    ? items.join(', ')
    : `${items.slice(0, 3).join(', ')}, … (${items.length}) …, ${items.slice(-2).join(', ')}`;
}

function vocabularyOf(encoder: TextEncoder): { id: number; token: string }[] {
  const first = encoder.padding ? 1 : 0;
  return Array.from({ length: encoder.vocabulary - first }, (_, i) => ({
    id: first + i,
    token: encoder.token(first + i),
  }));
}

function rangeOf(values: Float64Array, length: number): string {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  let sum = 0;
  for (let i = 0; i < length; i++) {
    const value = values[i] as number;
    if (value < least) least = value;
    if (value > most) most = value;
    sum += value;
  }
  return `${brief(least)} … ${brief(most)}, mean ${brief(sum / length)}`;
}

function brief(value: number): string {
  return String(Number(value.toPrecision(6)));
}
