// Keys that are fine by themselves and do not go together. Not here: what depends on the data (run.ts and the stages say that).

import { COMBINATIONS } from '../combine/index.ts';
import { ENCODERS } from '../encoders/index.ts';
import { FORECASTERS } from '../forecasters/index.ts';
import { METRICS } from '../metrics/index.ts';
import { MODELS } from '../models/index.ts';
import type { Problem } from './issues.ts';
import type { Written } from './schema.ts';
import type { Path } from './yaml.ts';

type Form = 'numbers' | 'text' | 'any';

const WORD = { numbers: 'numbers', text: 'text', any: 'anything' } as const;

export function conflictsOf(written: Written): Problem[] {
  return [
    ...splitConflicts(written),
    ...windowConflicts(written),
    ...seedConflicts(written),
    ...formConflicts(written),
  ];
}

function splitConflicts({ split }: Written): Problem[] {
  const validation = split.validation ?? 0;
  const test = split.test ?? 0;
  if (validation >= 1 || test >= 1 || validation + test < 1) return [];
  const what = `validation ${validation} + test ${test} leave nothing to train on`;
  return [conflict(['split'], what, 'together they must stay below 1')];
}

function windowConflicts({ window }: Written): Problem[] {
  if (window.kind === 'prefixes' || window.context !== null) return [];
  return [conflict(['window', 'context'], 'null is for prefixes only', 'write the number of steps, or kind: prefixes')];
}

/** Only a network of numbers is trained from several seeds. */
export function takesSeeds(kind: string): boolean {
  return Object.hasOwn(MODELS, kind) && formOf(MODELS, kind) !== 'text';
}

function seedConflicts({ train, model }: Written): Problem[] {
  if ((train.seeds ?? 1) === 1 || takesSeeds(model.kind)) return [];
  const hint = Object.hasOwn(COMBINATIONS, model.kind) ? 'write a member { kind: seeds, model: … }' : 'remove it';
  return [
    conflict(['train', 'seeds'], `${model.kind} is no network of numbers to be trained from several seeds`, hint),
  ];
}

/** Encoders, baselines and metrics must be of the model's form. */
function formConflicts(written: Written): Problem[] {
  const model = written.model.kind;
  const form = formOf(MODELS, model) ?? formOf(FORECASTERS, model) ?? formOf(COMBINATIONS, model) ?? 'any';
  const first = written.encoder?.[0];
  const form1: Form = form !== 'any' ? form : first === undefined ? 'any' : (formOf(ENCODERS, first.kind) ?? 'any');
  const owner = form !== 'any' ? `model ${model}` : `encoder ${first?.kind}`;
  const mismatch = (table: object, kind: string, path: Path, what: string): Problem[] => {
    const own = formOf(table, kind) ?? 'any';
    if (own === 'any' || form1 === 'any' || own === form1) return [];
    return [
      conflict(path, `${what} ${kind} is for ${WORD[own]}, ${owner} for ${WORD[form1]}`, 'choose two that go together'),
    ];
  };
  const prompt = written.predict.prompt ?? null;
  return [
    ...(written.encoder ?? []).flatMap((e, i) => mismatch(ENCODERS, e.kind, ['encoder', i, 'kind'], 'encoder')),
    ...(written.evaluate.baselines ?? []).flatMap((kind, i) =>
      mismatch(FORECASTERS, kind, ['evaluate', 'baselines', i], 'baseline'),
    ),
    ...(written.evaluate.metrics ?? []).flatMap((kind, i) =>
      mismatch(METRICS, kind, ['evaluate', 'metrics', i], 'metric'),
    ),
    ...(prompt !== null && form1 === 'numbers'
      ? [conflict(['predict', 'prompt'], `a prompt is for text, ${owner} for numbers`, 'remove it')]
      : []),
  ];
}

function formOf(table: object, kind: string): Form | undefined {
  if (!Object.hasOwn(table, kind)) return undefined;
  return (table as { readonly [kind: string]: { readonly form: Form } })[kind]?.form;
}

function conflict(path: Path, what: string, hint: string): Problem {
  return { code: 'E_CONFIG_CONFLICT', path, what, hint };
}
