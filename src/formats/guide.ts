// What a stranger needs beside an exported model: what to feed it and what comes out, in which order, encoded how, decoded how.
// In: the exported model and the run's encoders. Out: forecast.json as a value. Not here: the model's own file.

import type { Json, JsonObject } from '../core/json.ts';
import { restoreText } from '../encoders/chain.ts';
import { ENCODERS } from '../encoders/index.ts';
import type { Network } from '../models/network.ts';
import { directHorizon } from '../models/plan.ts';
import type { WindowShape } from '../window/window.ts';
import type { ExportedModel, Port, TrainedModel } from './format.ts';

export const GUIDE = 'forecast.json';

export interface About {
  /** Name and identity of the run. */
  readonly run: string;
  readonly hash: string;
  readonly series: string;
  /** State of the series' encoders as the run folder keeps it. */
  readonly encoder: JsonObject;
  readonly format: string;
  /** What columns the calendar gives hold, in sentences. */
  readonly calendar: readonly string[];
}

/** Same model, same text. */
export function guideOf(model: TrainedModel, exported: ExportedModel, about: About): JsonObject {
  const { network, shape } = model;
  const text = network.input.kind === 'tokens';
  return {
    format: about.format,
    ...exported.facts,
    run: about.run,
    hash: about.hash,
    series: about.series,
    input: { ...portJson(exported.input), ...(text ? {} : { features: featuresOf(model, about.encoder) }) },
    output: { ...portJson(exported.output), ...(text ? {} : outcomesOf(model, about.encoder)) },
    ...(exported.ahead ? { ahead: { ...portJson(exported.ahead), columns: namesOf(about.encoder, 'future') } } : {}),
    window: {
      context: shape.context,
      history: exported.history ?? 0,
      horizon: shape.horizon,
      lead: shape.lead,
      pad: shape.pad,
      mask: shape.mask,
    },
    encoder: text ? withTokens(about.encoder) : withFormulas(about.encoder),
    use: text ? textSteps(model) : numberSteps(model, exported, about.calendar),
  };
}

function portJson({ name, type, shape, holds }: Port): JsonObject {
  return { name, type, shape, holds };
}

interface ColumnState {
  readonly name: string;
  readonly stages: readonly JsonObject[];
}

function columns(encoder: JsonObject, role: 'targets' | 'past' | 'future'): readonly ColumnState[] {
  return (encoder[role] ?? []) as unknown as readonly ColumnState[];
}

function namesOf(encoder: JsonObject, role: 'targets' | 'future'): string[] {
  return columns(encoder, role).map(({ name }) => name);
}

/** What stands at each place of a step: `ahead` steps later, for columns known in advance. */
function featuresOf({ network, shape }: TrainedModel, encoder: JsonObject): Json {
  const plain = (role: 'targets' | 'past', word: string): Json[] =>
    columns(encoder, role).map(({ name }) => ({ column: name, role: word }));
  const future = Array.from({ length: directHorizon(network) }, (_, h) =>
    columns(encoder, 'future').map(({ name }) => ({ column: name, role: 'future', ahead: 1 + shape.lead + h })),
  );
  return [...plain('targets', 'target'), ...plain('past', 'past'), ...future.flat()];
}

function outcomesOf({ network: { loss } }: TrainedModel, encoder: JsonObject): JsonObject {
  return {
    targets: namesOf(encoder, 'targets'),
    ...(loss.kind === 'pinball' ? { quantiles: loss.quantiles } : {}),
  };
}

/** Encoding and decoding by kind; a kind without a line here is described by its summary. */
const FORMULAS: { readonly [kind: string]: { readonly encode: string; readonly decode: string } } = {
  none: { encode: 'z = x', decode: 'x = z' },
  'min-max': { encode: 'z = (x - center) / scale + shift', decode: 'x = (z - shift) * scale + center' },
  standard: { encode: 'z = (x - center) / scale + shift', decode: 'x = (z - shift) * scale + center' },
  robust: { encode: 'z = (x - center) / scale + shift', decode: 'x = (z - shift) * scale + center' },
  log: { encode: 'z = ln(x + offset)', decode: 'x = exp(z) - offset' },
  difference: {
    encode: 'z[t] = x[t] - x[t - lag]; the first lag rows are lost',
    decode: 'x[t] = z[t] + x[t - lag], where x[t - lag] is history, or a forecast already decoded',
  },
};

function withFormulas(encoder: JsonObject): JsonObject {
  const told = (role: 'targets' | 'past' | 'future'): Json =>
    columns(encoder, role).map(({ name, stages }) => ({ column: name, stages: stages.map(withFormula) }));
  return { targets: told('targets'), past: told('past'), future: told('future') };
}

/** The encoder, and every token at the place of its id. */
function withTokens(encoder: JsonObject): JsonObject {
  const { vocabulary, token } = restoreText(encoder);
  const { words: _, characters: __, ...options } = encoder;
  return { ...options, tokens: Array.from({ length: vocabulary }, (_, id) => token(id)) };
}

function withFormula(stage: JsonObject): JsonObject {
  const kind = String(stage.kind);
  return { ...stage, ...(FORMULAS[kind] ?? { encode: ENCODERS[kind]?.summary ?? kind }) };
}

function numberSteps(
  { network, shape, steps }: TrainedModel,
  { history = 0, ahead }: ExportedModel,
  calendar: readonly string[],
): string[] {
  const { context, lead } = shape;
  return [
    'Encode each column by its stages (encoder), in order, as the formulas say.',
    `A window is the last ${stepsText(context)}, encoded, oldest first; a step holds the features in the order given.`,
    ...(network.input.kind === 'numbers' && network.input.future > 0
      ? ['A feature with `ahead` is the value of its column that many steps after the step it stands in.']
      : []),
    ...calendar.map((sentence) => `By the calendar: ${sentence}`),
    lengthStep(network, shape, steps, history),
    ...(history > 0
      ? [
          `Before the window stand the ${stepsText(history)} before it, of which only the targets are read; NaN where there are none.`,
        ]
      : []),
    ...(ahead
      ? [
          `The input ${ahead.name} holds the future columns of steps 2 to ${shape.horizon} ahead, as the last step holds those of step 1.`,
        ]
      : []),
    ...(network.normalise.kind === 'none' && !network.normalise.scale
      ? []
      : ["Each window's own level and scale are taken off, and put back, inside the model."]),
    `The output's first step is ${stepsText(lead + 1)} after the last one of the window.`,
    'Decode each target by undoing its stages in reverse order.',
  ];
}

function stepsText(count: number): string {
  return count === 1 ? '1 step' : `${count} steps`;
}

function lengthStep(network: Network, { context, pad }: WindowShape, steps: number | null, history: number): string {
  if (steps === null)
    return 'A shorter window is given as it is, at its own length; a batch holds windows of one length.';
  // Zeros before a window would count as values where the window is normalised, and where lags look back.
  const plain = network.normalise.kind === 'none' && !network.normalise.scale && history === 0;
  return pad === 'left' && plain
    ? 'A shorter window is filled up with steps of zeros before it.'
    : `A window has exactly ${stepsText(context)}.`;
}

function textSteps({ network, shape, steps }: TrainedModel): string[] {
  const { input } = network;
  const padding = input.kind === 'tokens' && input.padding;
  return [
    `Cut the text into tokens as encoder says; a token's id is its place in encoder.tokens, counted from 0${padding ? ', which is padding' : ''}.`,
    `A window is at most the last ${shape.context} ids, oldest first.`,
    steps === null
      ? 'A shorter window is given as it is, at its own length; a batch holds windows of one length.'
      : `A shorter window is filled up before it with ${padding ? 'id 0' : 'unknown tokens'}.`,
    'The output tells of the token after the window; append one, slide the window, and go on.',
  ];
}
