// The run's outcome as sentences a manager understands.
// In: the decision and the figures behind it. Out: the wording. Not here: the decision itself (evaluate/).

import { DOUBT } from '../evaluate/decision.ts';
import { isTestable } from '../evaluate/significance.ts';
import { counted, figure, percent, probability } from './figures.ts';

export interface VerdictFacts {
  /** The forecaster the run was for. */
  readonly model: string;
  /** The forecaster to use. */
  readonly ship: string;
  /** 1 − error / best baseline's error; null where it cannot be given. */
  readonly skill: number | null;
  /** Kind of the deciding metric. */
  readonly metric: string;
  /** The model's value of it; null where undefined. */
  readonly value: number | null;
  /** The best baseline and its value; null where none was scored. */
  readonly baseline: { readonly name: string; readonly value: number | null } | null;
  /** Windows scored. */
  readonly windows: number;
  /** Of several series: times at which they were forecast. Series of one time move together, so that they are tested as one. */
  readonly origins?: number;
  /** Windows that share steps with one, itself among them; absent: they stand side by side. */
  readonly overlap?: number;
  readonly split: 'train' | 'validation' | 'test' | 'backtest';
  /** Why there is no skill, or why the metric is undefined. */
  readonly reason?: string;
  /** Significance over backtest folds. */
  readonly p?: number | null;
  readonly folds?: number;
  /** What the model's forecast looks like, where somebody should know. */
  readonly shape?: 'flat-line' | 'shifted-copy' | null;
}

/** One plain sentence, and a second one where the forecast's shape or missing held-out windows matter. */
export function verdict(facts: VerdictFacts): string {
  return [sentence(facts), shapeWarning(facts), splitWarning(facts)].filter((part) => part !== '').join(' ');
}

function sentence(facts: VerdictFacts): string {
  const { model, ship, baseline, value, skill, metric } = facts;
  const label = metricLabel(metric);
  if (baseline === null || baseline.value === null)
    return `Nothing to compare ${called(model)} with (${value === null ? 'no score' : `${label} ${figure(value)}`}, ${windows(facts)}): ${action(facts)}.`;
  if (value === null) {
    const why = facts.reason === undefined ? '' : ` (${facts.reason})`;
    return `${capital(called(model))} could not be scored, its ${label} is undefined${why}: ${action(facts)}.`;
  }
  const figures = `${label} ${figure(value)} against ${figure(baseline.value)}, ${windows(facts)}${significance(facts)}`;
  if (baseline.value === 0 && skill === null)
    return `${capital(baseline.name)} is exact here (error 0), so no skill can be given; ${called(model)} has ${label} ${figure(value)} on ${windows(facts)}: ${action(facts)}.`;
  if (skill === null)
    return `${capital(called(model))} cannot be ranked against ${baseline.name} (${facts.reason === undefined ? '' : `${facts.reason}; `}${figures}): ${action(facts)}.`;
  if (ship === model && skill > 0 && facts.shape)
    return `${capital(called(model))}'s forecast ${SHAPES[facts.shape]}, if ${percent(skill)} nearer than ${baseline.name} (${figures}): it knows no more than that; ${action(facts)}.`;
  if (ship === model && skill > 0 && isUntested(facts))
    return `${capital(called(model))} is ${percent(skill)} better than ${baseline.name} (${figures}): ${action(facts)}.`;
  if (ship === model && skill > 0 && !isDoubtful(facts))
    return `${capital(called(model))} beats ${baseline.name} by ${percent(skill)} (${figures}): ${action(facts)}.`;
  if (skill > 0 && percent(skill) !== percent(0))
    return `${capital(called(model))} is ${percent(skill)} better than ${baseline.name}, but not reliably (${figures}): ${action(facts)}.`;
  const how = skill < -1 ? `its error is ${figure(1 - skill, 3)} times as large` : `skill ${percent(skill)}`;
  return `${capital(called(model))} does not beat ${baseline.name} (${how}; ${figures}): ${action(facts)}.`;
}

function action(facts: VerdictFacts): string {
  const { model, ship, baseline, skill } = facts;
  const plainest = ship === model ? skill !== null && skill <= 0 : ship !== baseline?.name;
  const chance = baseline !== null && plainest ? `, which ${baseline.name} does not reliably beat` : '';
  return `ship ${ship === model ? called(model) : ship}${chance}`;
}

/** A model that is shipped though it is not better by more than chance: last-value, which says least. */
function isDoubtful({ skill, p }: VerdictFacts): boolean {
  return skill !== null && (skill <= 0 || (p ?? 0) > DOUBT);
}

function windows({ windows, split }: VerdictFacts): string {
  return counted(
    windows,
    split === 'train' ? 'training window' : split === 'backtest' ? 'backtest window' : 'held-out window',
  );
}

/** A network has an article, a method is called by its name: "the lstm-regressor", "auto". */
function called(model: string): string {
  return /-(?:regressor|model)$/.test(model) ? `the ${model}` : model;
}

/** Where so few windows were held out that chance cannot be told from merit, nobody is said to beat anybody. */
function isUntested({ p, windows, origins = windows, overlap = 1, split }: VerdictFacts): boolean {
  return (p ?? 1) > DOUBT && !isTestable(origins, overlap) && split !== 'train';
}

function significance(facts: VerdictFacts): string {
  const { p, folds, skill, ship, model, origins } = facts;
  if (isUntested(facts) && origins !== undefined) return ` at ${counted(origins, 'origin')}, too few to test`;
  if (isUntested(facts) && skill !== null && ship === model) return ', too few to test';
  if (p === null || p === undefined) return '';
  return `, ${probability(p)}${folds ? ` over ${counted(folds, 'fold')}` : ''}`;
}

/** What a forecast without a thought of its own looks like. It is not praised, however near it came. */
const SHAPES = {
  'flat-line': 'is a flat line',
  'shifted-copy': 'repeats the last known value, one step late',
} as const;

function shapeWarning({ model, shape, ship, skill }: VerdictFacts): string {
  if (!shape || (ship === model && skill !== null && skill > 0)) return '';
  return `Mind that ${called(model)}'s forecast ${SHAPES[shape]}.`;
}

function splitWarning({ split }: VerdictFacts): string {
  return split === 'train'
    ? 'Nothing was held out, so these scores are on what it was trained on; set split.validation before you rely on them.'
    : '';
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Kinds of metrics as the field writes them. */
export function metricLabel(kind: string): string {
  const labels: { readonly [kind: string]: string } = {
    smape: 'sMAPE',
    wape: 'WAPE',
    r2: 'R²',
    'bits-per-character': 'bits/character',
  };
  return labels[kind] ?? (kind.length <= 5 && kind !== 'bias' ? kind.toUpperCase() : kind);
}
