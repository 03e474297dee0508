// What a run does with text: hold out, number the tokens, fit, judge beside the baselines, generate.
// In: the config and the loaded documents. Out: an Outcome. Not here: disk, wording.

import type { SeriesModel } from '../artifact/model.ts';
import type { Config } from '../config/config.ts';
import type { Text } from '../core/data.ts';
import { ForecastError, type Warning } from '../core/errors.ts';
import type { FitRequest, FittedText, TextForecaster } from '../core/forecaster.ts';
import { random } from '../core/random.ts';
import type { Segment, Sequence } from '../core/sequence.ts';
import { encodeText, fitText, tokenize } from '../encoders/chain.ts';
import type { TextEncoder } from '../encoders/encoder.ts';
import type { Engine } from '../engines/engine.ts';
import { decidingRows, type Losses, lossDifferences, type ScoreRow, scoreText } from '../evaluate/score.ts';
import { FORECASTERS } from '../forecasters/index.ts';
import { MODELS } from '../models/index.ts';
import { SAMPLERS } from '../predict/samplers/index.ts';
import type { SamplerOptions } from '../predict/samplers/sampler.ts';
import { type FittedTextNetwork, textNetwork } from '../predict/text-network.ts';
import { heldOut, thinned } from '../prepare/cutting.ts';
import { count, counted } from '../report/figures.ts';
import type { TextAnswer } from '../report/result.ts';
import { cut, longestContext, targetsBetween } from '../window/cuts.ts';
import { type SplitPositions, splitPositions, type Wording } from '../window/split.ts';
import type { Cuts, WindowShape } from '../window/window.ts';
import { checkForms, chosenOnWarnings } from './contest.ts';
import { fitOf, type Hooks, type Outcome, planHooks, requestOf, trainOptions } from './outcome.ts';
import { unreadWarning } from './unread.ts';

/** Tokens judged at most by a network that reads its whole window before each (see judging.ts). */
const JUDGED_TOKENS = 20_000;
const METRIC_KINDS = ['cross-entropy', 'perplexity', 'bits-per-character', 'accuracy'];

/** A text, its documents cut into tokens: fitted, judged and continued. */
export async function runText(config: Config, text: Text, engine: Engine, hooks: Hooks): Promise<Outcome> {
  checkForms(config, 'text');
  const { kind } = config.model;
  const task = textTask(config, text);
  const { tokens, shape, encoder, sequence } = task;
  warnUnknown(task, encoderOf(config).limit !== undefined, hooks.warn);
  const unread = textUnread(config, task);
  if (unread) hooks.warn(unread);
  for (const warning of chosenOnWarnings(config, [task.parts])) hooks.warn(warning);
  const request: FitRequest = { ...requestOf(config.seed, text.id, hooks), ...task.known };
  const prompt = config.predict.prompt ?? firstTokens(task);
  checkAsked(config, prompt, shape, encoder);
  const forecaster = await forecasterOf(config, text.id, shape, engine, hooks);
  const fitted = await forecaster.fit(sequence, request);
  if (isNetwork(fitted) && fitted.fit) await hooks.keep(text.id, fitted.fit.state);
  const rivals = await Promise.all(baselinesOf(config).map((kind) => closedForm({ kind }).fit(sequence, request)));
  const metrics = metricsOf(config);
  const { scores, losses } = await judge(task, config, fitted, rivals, metrics, hooks.signal);
  const asked = { ...config.predict, prompt, seed: config.seed };
  const answer = await generateText(fitted, encoder, reachOf(fitted), asked, hooks.warn);
  return {
    model: kind,
    fits: [fitOf(kind, text.id, isNetwork(fitted) ? fitted.fit : null)],
    metrics,
    scores,
    differences: lossDifferences(decidingRows(scores), losses ? [losses] : [], kind, metrics[0] as string),
    overlap: 1,
    backtest: null,
    held: [],
    calibration: null,
    errors: [],
    forecast: [],
    totals: [],
    text: [answer],
    models: new Map(modelOf(text.id, fitted, encoder)),
    rows: tokens.length,
    notes: [`${tokens.length} tokens, ${idsOf(encoder)}`],
  };
}

/** What is asked for at the end is looked at before anything is trained. Errors: E_PROMPT_UNKNOWN, E_CONFIG_CONFLICT. */
function checkAsked({ model, predict }: Config, prompt: string, { lead }: WindowShape, encoder: TextEncoder): void {
  readPrompt(prompt, encoder);
  if (lead === 0 || predict.length === 1 || !MODELS[model.kind]) return;
  throw new ForecastError(
    'E_CONFIG_CONFLICT',
    `a text is continued token by token, and a lead of ${lead} leaves out the next`,
    {
      where: 'window.lead',
      hint: 'write window.lead: 0, or predict.length: 1 to be told the one token after the lead',
    },
  );
}

/** The config's model: a network, or a closed form. */
async function forecasterOf(
  config: Config,
  id: string,
  shape: WindowShape,
  engine: Engine,
  hooks: Hooks,
): Promise<TextForecaster> {
  const { model, window } = config;
  if (!MODELS[model.kind]) return closedForm(model);
  const own = await planHooks(id, hooks);
  return textNetwork({
    name: model.kind,
    model,
    shape,
    cutting: window,
    train: trainOptions(config),
    engine,
    hooks: own,
  });
}

/** Score rows of every part that was held out, and the window losses of the most honest one; of training windows none. */
async function judge(
  { tokens, segments, shape, cuts, parts, sequence }: TextTask,
  config: Config,
  fitted: FittedText,
  rivals: readonly FittedText[],
  metrics: readonly string[],
  signal: AbortSignal | undefined,
): Promise<{ scores: ScoreRow[]; losses: Losses | null }> {
  const contenders = [{ fitted, baseline: false }, ...rivals.map((rival) => ({ fitted: rival, baseline: true }))];
  const scores: ScoreRow[] = [];
  let losses: Losses | null = null;
  for (const { split, from, until } of heldOut(parts, tokens.length)) {
    const windows = thinned(judged(cuts, segments, shape, from, until), mostJudged(config));
    const judgement = await scoreText({ contenders, sequence, ...windows, metrics, split, signal });
    scores.push(...judgement.rows);
    if (split !== 'train') losses = judgement.losses;
  }
  return { scores, losses };
}

/** Those named, else all; bits per character of characters alone. */
function metricsOf({ evaluate, encoder }: Config): readonly string[] {
  const fits = (kind: string): boolean => kind !== 'bits-per-character' || encoder[0]?.kind === 'characters';
  return evaluate.metrics ?? METRIC_KINDS.filter(fits);
}

/** A text in tokens, how its windows are cut, what of it is held out, and where it may be learned from. */
export interface TextTask {
  readonly tokens: readonly string[];
  readonly segments: readonly Segment[];
  readonly shape: WindowShape;
  readonly cuts: Cuts;
  readonly parts: SplitPositions;
  readonly encoder: TextEncoder;
  readonly sequence: Sequence;
  readonly known: Pick<FitRequest, 'until' | 'validation'>;
}

/** A text as a config cuts it. Errors: E_CONFIG_CONFLICT where there is not one encoder; those of cutting. */
export function textTask(config: Config, text: Text): TextTask {
  const choice = encoderOf(config);
  const { tokens, segments } = tokenize(text, choice);
  const shape = textShape(config, segments);
  const cuts = cut(segments, shape, config.window);
  const parts = splitPositions(cuts, shape, config.split, segments, wordingOf(config, segments));
  const known = { until: parts.test ?? tokens.length, validation: parts.validation };
  // The vocabulary is the task's, not the model's: every contender predicts the same outcomes.
  const encoder = fitText(tokens, parts.validation ?? known.until, choice, { padding: shape.pad === 'left' });
  return { tokens, segments, shape, cuts, parts, encoder, sequence: encodeText(tokens, segments, encoder), known };
}

/** What of the training part no window of a network reads, where that is much; forecasters that count read all of it. */
export function textUnread(
  { model, window }: Config,
  { cuts, shape, segments, parts, known }: TextTask,
): Warning | null {
  if (!MODELS[model.kind]) return null;
  return unreadWarning(cuts, shape, window, model.carry === true, segments, parts.validation ?? known.until);
}

/** The closed form a run was made with and its encoder, fitted again where the run fitted them. */
export async function refitText(config: Config, text: Text): Promise<{ fitted: FittedText; encoder: TextEncoder }> {
  const { sequence, encoder, known } = textTask(config, text);
  return { fitted: await closedForm(config.model).fit(sequence, { ...known, seed: config.seed }), encoder };
}

/** The windows a part is judged on: where every step is a target, one window a token, so that no token goes unjudged. */
function judged(cuts: Cuts, segments: readonly Segment[], shape: WindowShape, from: number, until: number): Cuts {
  if (shape.targets === 'last') return targetsBetween(cuts, shape, from, until);
  const last: WindowShape = { ...shape, targets: 'last' };
  return targetsBetween(cut(segments, last, { kind: 'prefixes', stride: 1 }), last, from, until);
}

/** A network that carries its state reads every token once, and a closed form costs next to nothing: they are judged on all. */
function mostJudged({ model }: Config): number {
  return MODELS[model.kind] && model.carry !== true ? JUDGED_TOKENS : Number.POSITIVE_INFINITY;
}

/** The baselines of a config: those named, else the simple ones; the model is not judged beside itself. */
function baselinesOf(config: Config): string[] {
  const named =
    config.evaluate.baselines ??
    Object.keys(FORECASTERS).filter((kind) => FORECASTERS[kind]?.form === 'text' && FORECASTERS[kind].baseline);
  return named.filter((kind) => kind !== config.model.kind);
}

function isNetwork(fitted: FittedText | FittedTextNetwork): fitted is FittedTextNetwork {
  return 'fit' in fitted;
}

function modelOf(id: string, fitted: FittedText, encoder: TextEncoder): [string, SeriesModel][] {
  if (!isNetwork(fitted) || !fitted.fit) return [];
  const { parts, state } = fitted.fit;
  return [[id, { parts, encoder: encoder.state, training: state }]];
}

/** Tokens of a prompt that are read: all, but for a network with a window. */
export function reachOf(fitted: FittedText): number {
  return isNetwork(fitted) ? fitted.reach : Number.POSITIVE_INFINITY;
}

/** Tokens of the text's beginning that serve as prompt where none is given. */
const DEFAULT_PROMPT = 16;

/** What is continued where no prompt is given: the first tokens that are known, of one document and of one window. */
function firstTokens({ sequence, segments, shape, encoder }: TextTask): string {
  const ids = sequence.targets[0] as Float64Array;
  const start = ids.findIndex((id) => id >= 0);
  const end = segments.find((segment) => segment.end > start)?.end ?? start;
  const first = ids.subarray(start, Math.min(end, start + Math.min(shape.context, DEFAULT_PROMPT)));
  return encoder.join(
    Array.from(
      first.filter((id) => id >= 0),
      (id) => encoder.token(id),
    ),
  );
}

/** "65 ids", "66 ids (0 is padding)". */
export function idsOf(encoder: TextEncoder): string {
  return `${counted(encoder.vocabulary, 'id')}${encoder.padding ? ' (0 is padding)' : ''}`;
}

/** What a refusal names beside a shorter context: longer documents, or more tokens of them. */
function wordingOf({ source, encoder }: Config, segments: readonly Segment[]): Wording {
  const kind = encoder[0]?.kind;
  const single = segments.every(({ start, end }) => end - start === 1);
  const spaces = 'encoder: { kind: characters } where no spaces part the words';
  const runOn = 'source.document: whole, for windows to run on from one document into the next';
  const helps = [
    ...(single && kind === 'words' ? [spaces] : []),
    ...(segments.length > 1 && source.document !== 'whole' ? [runOn] : []),
  ];
  return { unit: 'tokens', instead: helps.length === 0 ? null : helps.join('; or ') };
}

/** The one encoder of a text. */
function encoderOf(config: Config): Config['encoder'][number] {
  const [choice, ...rest] = config.encoder;
  if (choice && rest.length === 0) return choice;
  throw new ForecastError('E_CONFIG_CONFLICT', `text takes one encoder, ${config.encoder.length} are given`, {
    where: 'encoder',
    hint: 'encoder: { kind: words } or { kind: characters }',
  });
}

/** The shape of a config's windows; a context left open is the longest a document allows. */
function textShape(config: Config, segments: readonly Segment[]): WindowShape {
  const { context, horizon, lead, targets, pad, mask } = config.window;
  return {
    context: context ?? Math.max(1, longestContext(segments, { lead, horizon })),
    horizon,
    lead,
    targets,
    pad,
    mask,
  };
}

export interface GenerateTask extends SamplerOptions {
  readonly prompt: string;
  readonly length: number;
  readonly sampler: string;
  readonly seed: number;
}

/** The prompt continued by `length` tokens. Errors: E_PROMPT_UNKNOWN where no word of the prompt is known. */
export async function generateText(
  fitted: Pick<FittedText, 'continue'>,
  encoder: TextEncoder,
  reach: number,
  task: GenerateTask,
  warn: (warning: Warning) => void,
): Promise<TextAnswer> {
  const { known, unknown } = readPrompt(task.prompt, encoder);
  if (unknown.length > 0) {
    warn({
      code: 'W_PROMPT_UNKNOWN',
      message: `not in the vocabulary, dropped from the prompt: ${[...new Set(unknown)].map(shownToken).join(' ')}`,
    });
  }
  if (known.length > reach) {
    warn({
      code: 'W_PROMPT_CUT',
      message: `the prompt has ${known.length} tokens, the window ${reach}: its left end is not read`,
    });
  }
  const sampler = SAMPLERS[task.sampler];
  if (!sampler)
    throw new ForecastError('E_CONFIG_UNKNOWN_KIND', `no sampler is called "${task.sampler}"`, {
      where: 'predict.sampler',
    });
  const draw = random(task.seed, 'sample');
  const recent = [...known];
  let next: TextAnswer['next'] | null = null;
  const options = { ...task, padding: encoder.padding };
  const generated = await fitted.continue(known, task.length, (logits) => {
    next ??= likeliestTokens(logits, encoder);
    const id = sampler.choose(logits, recent, options, draw);
    recent.push(id);
    return id;
  });
  const prompt = [...known].map((id) => encoder.token(id));
  const all = encoder.join([...prompt, ...[...generated].map((id) => encoder.token(id))]);
  return { prompt: task.prompt, text: task.prompt + all.slice(encoder.join(prompt).length), next: next ?? [] };
}

/** A prompt's ids and its unknown tokens; line ends are those of texts. Errors: E_PROMPT_UNKNOWN where no token of it is known. */
function readPrompt(prompt: string, encoder: TextEncoder): { known: Float64Array; unknown: string[] } {
  const given = encoder.split(prompt.replace(/\r\n?/g, '\n'));
  const ids = encoder.encode(given);
  const known = ids.filter((id) => id >= 0);
  if (known.length > 0) return { known, unknown: given.filter((_, i) => (ids[i] as number) < 0) };
  throw new ForecastError('E_PROMPT_UNKNOWN', `no token of the prompt "${prompt}" is in the vocabulary`, {
    where: 'predict.prompt',
    hint: `known tokens: ${someTokens(encoder).join(' ')} …`,
  });
}

/** The five likeliest next tokens, by the model's own probabilities. */
function likeliestTokens(logits: Float64Array, encoder: TextEncoder): { token: string; probability: number }[] {
  const top = logits.reduce((most, logit) => Math.max(most, logit), Number.NEGATIVE_INFINITY);
  const weights = logits.map((logit) => Math.exp(logit - top));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return Array.from(weights, (weight, id) => ({ id, probability: weight / sum }))
    .filter(({ id }) => !(encoder.padding && id === 0))
    .sort((a, b) => b.probability - a.probability || a.id - b.id)
    .slice(0, 5)
    .map(({ id, probability }) => ({ token: encoder.token(id), probability }));
}

function someTokens(encoder: TextEncoder): string[] {
  const first = encoder.padding ? 1 : 0;
  return Array.from({ length: Math.min(8, encoder.vocabulary - first) }, (_, i) =>
    shownToken(encoder.token(first + i)),
  );
}

/** A token as it is, in quotation marks where it would not be seen. */
function shownToken(token: string): string {
  return /^\s*$/u.test(token) ? JSON.stringify(token) : token;
}

function closedForm(choice: { readonly kind: string; readonly [option: string]: unknown }): TextForecaster {
  const { kind, ...options } = choice;
  const entry = FORECASTERS[kind];
  if (entry?.form === 'text') return entry.create(entry.options.parse(options), { season: 1 });
  throw new ForecastError('E_CONFIG_CONFLICT', `${kind} does not predict tokens`, { where: 'evaluate.baselines' });
}

function warnUnknown({ sequence, tokens, parts }: TextTask, limited: boolean, warn: FitRequest['warn']): void {
  const ids = sequence.targets[0] as Float64Array;
  const outside = tokens.filter((_, i) => (ids[i] as number) < 0);
  const unknown = [...new Set(outside)];
  if (unknown.length === 0) return;
  const held = parts.validation ?? parts.test ?? 0;
  const scored = ids.subarray(held);
  const left = scored.reduce((sum, id) => sum + (id < 0 ? 1 : 0), 0);
  const which = limited
    ? `${counted(unknown.length, 'token')} outside the vocabulary`
    : `${counted(unknown.length, 'token')} that ${unknown.length === 1 ? 'stands' : 'stand'} only in the held-out part`;
  const where = held > 0 ? ' held out' : '';
  const names = unknown.slice(0, 5).map(shownToken).join(' ');
  warn?.({
    code: 'W_UNKNOWN_TOKENS',
    message: `${which} cannot be predicted, so ${count(left)} of ${counted(scored.length, 'token')}${where} ${left === 1 ? 'is' : 'are'} not scored: ${names}${unknown.length > 5 ? ' …' : ''}`,
  });
}
