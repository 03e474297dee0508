// The schema of the whole YAML, assembled from the open folders' tables: a new kind in a table is a new word in the language.
// In: the tables. Out: one strict zod schema, and the written config's type. Not here: reading text (load.ts), data-dependent defaults (defaults.ts).

import * as z from 'zod';
import { COMBINATIONS } from '../combine/index.ts';
import type { Kind } from '../core/kind.ts';
import { ENCODERS } from '../encoders/index.ts';
import { ENGINES } from '../engines/index.ts';
import { FORECASTERS } from '../forecasters/index.ts';
import { METRICS } from '../metrics/index.ts';
import { MODELS } from '../models/index.ts';
import { OPTIMIZERS } from '../optimizers/index.ts';
import { SCHEDULES } from '../optimizers/schedule.ts';
import { SAMPLERS } from '../predict/samplers/index.ts';
import { SOURCES } from '../sources/index.ts';
import type { Choice, Config } from './config.ts';

/** A config as written, with the defaults that depend on nothing else; `settle` (defaults.ts) fills in the rest. */
export interface Written extends Omit<Config, 'split' | 'encoder' | 'window' | 'train' | 'predict' | 'evaluate'> {
  readonly split: Partial<Config['split']>;
  readonly encoder?: readonly Choice[] | undefined;
  readonly window: Partial<Config['window']>;
  readonly train: Partial<Config['train']> & Pick<Config['train'], 'shuffle' | 'patience' | 'clip'>;
  readonly predict: Partial<Config['predict']>;
  readonly evaluate: Omit<Config['evaluate'], 'folds' | 'step'> & Partial<Pick<Config['evaluate'], 'folds' | 'step'>>;
}

type Table = { readonly [kind: string]: Kind };

/** The kinds `model.kind` may name: networks, closed-form forecasters and combinations alike. A name in two tables fails a test. */
export const MODEL_KINDS: Table = { ...FORECASTERS, ...MODELS, ...COMBINATIONS } as Table;

/** Every place in the config where a kind is chosen from a table, by its path. `short`: the kind's name alone is accepted too; `preset`: the kind where none is written. */
export const CHOICES: {
  readonly [path: string]: { readonly table: Table; readonly short: boolean; readonly preset?: string };
} = {
  source: { table: SOURCES as Table, short: false },
  encoder: { table: ENCODERS as Table, short: true },
  model: { table: MODEL_KINDS, short: true },
  'train.optimizer': { table: OPTIMIZERS as Table, short: true, preset: 'adam' },
  'train.schedule': { table: SCHEDULES as Table, short: true, preset: 'constant' },
};

const ENGINE_KINDS = ['auto', ...Object.keys(ENGINES)];

const count = (least: number, what: string): z.ZodNumber => z.int().min(least).describe(what);

/** A list that says nothing twice: scores and intervals are told by name. */
const isOnce = (list: readonly unknown[]): boolean => new Set(list).size === list.length;
const ONCE = { error: 'each entry once', params: { code: 'E_CONFIG_RANGE' } } as const;

/** A fraction of the windows, or a count of them, or 0. */
const part = (what: string): z.ZodNumber =>
  z
    .number()
    .min(0)
    .refine((x) => x < 1 || Number.isInteger(x), {
      error: 'a fraction below 1, or a whole number of windows',
      params: { code: 'E_CONFIG_RANGE' },
    })
    .describe(what) as z.ZodNumber;

/** A choice from a table: each kind's own options, and `kind` itself. */
function choice(path: keyof typeof CHOICES & string, what: string): z.ZodType<Choice> {
  const { table, short } = CHOICES[path]!;
  const branches = Object.values(table).map(branch) as [z.ZodObject, ...z.ZodObject[]];
  return z
    .discriminatedUnion('kind', branches)
    .meta({ description: what, short: short ? Object.keys(table) : undefined }) as unknown as z.ZodType<Choice>;
}

/** One kind's options with `kind` beside them. What the options check across keys is checked without `kind`, as they were written. */
function branch(entry: Kind): z.ZodObject {
  return z
    .strictObject({ kind: z.literal(entry.kind).describe(entry.summary), ...entry.options.shape })
    .superRefine(({ kind: _, ...options }, context) => {
      const result = entry.options.safeParse(options);
      for (const issue of result.success ? [] : result.error.issues) {
        if (issue.code === 'custom') context.addIssue({ ...issue, params: issue.params ?? {} });
      }
    })
    .meta({ title: entry.kind, description: entry.summary }) as unknown as z.ZodObject;
}

const split = z
  .strictObject({
    validation: part(
      'Windows held out last in time (before the test part) for the validation loss, early stopping and scores: a fraction below 1, a count, or 0. Default: 0.2 for recorded data (csv, rows, tsf), 0 otherwise.',
    ).optional(),
    test: part(
      'Windows held out at the very end, never seen by training or early stopping: a fraction below 1, a count, or 0. Default: 0.',
    ).optional(),
  })
  .describe('Which windows are held out; training takes the first part, in time order.');

const window = z
  .strictObject({
    kind: z
      .enum(['sliding', 'prefixes'])
      .optional()
      .describe(
        'How windows are cut: `sliding` reads full contexts only; `prefixes` starts with one known position and grows. Default: sliding; prefixes where the lines of a text are its documents and no context is written.',
      ),
    context: count(
      1,
      'Steps (rows or tokens) the model looks back on. Default: two seasons for numbers where the data allow it, the longest prefix for prefixes.',
    )
      .nullable()
      .optional(),
    horizon: count(
      1,
      'Steps predicted at once. Default: predict.horizon; longer forecasts feed blocks back.',
    ).optional(),
    stride: count(1, 'Steps between the starts of two training windows.').default(1),
    lead: count(0, 'Steps left out between the last input and the first target.').default(0),
    targets: z
      .enum(['last', 'every'])
      .default('last')
      .describe('Whether a window is trained on what follows its `last` input, or on what follows `every` one.'),
    pad: z
      .enum(['left', 'none'])
      .optional()
      .describe(
        'Windows shorter than the context: zeros on the left, or none and batches of one length. Default: left for prefixes, none for sliding.',
      ),
    mask: z
      .boolean()
      .default(false)
      .describe('Whether recurrent layers skip the padding instead of reading its zeros.'),
  })
  .describe('How the sequence is cut into what is read and what is predicted.');

const train = z
  .strictObject({
    epochs: count(
      1,
      'Passes over the training windows, at most. Default: 100, and by the recipe none: it counts steps.',
    )
      .max(1_000_000)
      .optional(),
    steps: count(
      1,
      'Optimizer steps in all, in place of epochs; where that is less than one pass, every k-th window is taken. Default: none, and 200 by the recipe.',
    )
      .max(1_000_000_000)
      .optional(),
    seeds: count(
      1,
      'Networks of numbers trained from as many seeds (seed, seed + 1, …), whose mean is the forecast. Default: 1, and 5 by the recipe.',
    )
      .max(100)
      .optional(),
    batch: count(1, 'Windows per optimizer step. Default: 32, and 16 by the recipe.').max(1_000_000).optional(),
    shuffle: z.boolean().default(true).describe('Whether the windows of an epoch are visited in a new (seeded) order.'),
    optimizer: choice(
      'train.optimizer',
      'Who turns gradients into steps. Default: adam, and adamw by the recipe.',
    ).optional(),
    rate: z.number().positive().max(1e9).optional().describe('Learning rate. Default: 0.001, and 0.005 by the recipe.'),
    patience: count(
      1,
      'Epochs without a better validation loss before training stops and the best weights return; null: off.',
    )
      .nullable()
      .default(null),
    clip: z
      .number()
      .positive()
      .nullable()
      .default(null)
      .describe('The global norm of the gradient is scaled down to this; null: not clipped.'),
    schedule: choice(
      'train.schedule',
      'How the learning rate goes on over the steps. Default: constant, and one-cycle by the recipe.',
    ).optional(),
    refit: z
      .boolean()
      .optional()
      .describe(
        'Whether the forecast comes from a second fit on all rows, for the epochs the first one chose. Default: true for recorded data (csv, rows, tsf), false otherwise.',
      ),
  })
  .describe('How the model is trained.');

const predict = z
  .strictObject({
    horizon: count(
      1,
      'Steps forecast beyond the data. Default: window.horizon; else what a tsf file asks for, else one season of recorded data (12 where there is none), 1 otherwise.',
    )
      .max(1_000_000)
      .optional(),
    prompt: z.string().min(1).max(10_000).nullable().default(null).describe('Text to continue; null: none.'),
    length: count(1, 'Tokens to generate.').max(1_000_000).default(20),
    sampler: z
      .enum(Object.keys(SAMPLERS) as [string, ...string[]])
      .default('greedy')
      .describe('How the next token is chosen from the probabilities.'),
    temperature: z
      .number()
      .positive('what others call temperature 0 is --sampler greedy, or sampler: greedy in a config')
      .max(100)
      .default(1)
      .describe(
        'Probabilities are sharpened below 1 and flattened above; towards 0 it is what `sampler: greedy` does.',
      ),
    topK: count(1, 'Only the k likeliest tokens may be drawn; null: all.').nullable().default(null),
    topP: z
      .number()
      .positive()
      .max(1)
      .nullable()
      .default(null)
      .describe('Only the likeliest tokens that together reach this probability may be drawn; null: all.'),
    repetition: z
      .number()
      .min(1)
      .max(100)
      .default(1)
      .describe(
        'Logits of tokens already there are divided by this where positive and multiplied where negative; 1: off.',
      ),
    nonNegative: z
      .boolean()
      .default(false)
      .describe('Whether forecasts and interval bounds below 0 become 0 (counts, sales).'),
    integer: z
      .boolean()
      .default(false)
      .describe('Whether forecasts are rounded to whole numbers, interval bounds to the outside.'),
  })
  .describe('What is forecast or generated at the end of a run.');

const evaluate = z
  .strictObject({
    baselines: z
      .array(z.enum(Object.keys(FORECASTERS) as [string, ...string[]]))
      .min(1)
      .refine(isOnce, ONCE)
      .nullable()
      .default(null)
      .describe('Forecasters to compare with; null: the simple ones that fit the data.'),
    metrics: z
      .array(z.enum(Object.keys(METRICS) as [string, ...string[]]))
      .min(1)
      .refine(isOnce, ONCE)
      .nullable()
      .default(null)
      .describe('Metrics to show, the first that is defined decides; null: all that fit the data.'),
    require: z
      .strictObject({
        skill: z
          .number()
          .max(1)
          .describe("Skill on held-out windows (1 − error / best baseline's error) that must be reached."),
      })
      .nullable()
      .default(null)
      .describe('Quality gate: exit status 9 where it is not reached; null: none.'),
    folds: z
      .int()
      .min(0)
      .max(1000)
      .optional()
      .describe(
        'Rolling origins: times everything is fitted anew on the rows before a fold and judged on the fold; 0: no backtest. Default: 5 for recorded data (csv, rows, tsf; fewer where rows are few), 0 otherwise.',
      ),
    step: count(1, 'Rows from one fold to the next. Default: the folds share the last fifth of the rows.').optional(),
    stride: count(1, 'Rows between two forecasts inside a fold.').default(1),
    history: count(2, 'Newest rows that a fold is fitted on (sliding); null: all rows before it (expanding).')
      .nullable()
      .default(null),
    levels: z
      .array(z.number().gt(0).lt(100))
      .min(1)
      .max(20)
      .refine(isOnce, ONCE)
      .default([80, 95])
      .describe('Interval levels in percent.'),
    intervals: z
      .enum(['split', 'adaptive'])
      .default('split')
      .describe(
        'How past errors become intervals: `split` takes their quantiles, `adaptive` moves the quantile by the misses on the way.',
      ),
  })
  .describe('What the model is compared with, and by which figures.');

/** The whole config. Data-dependent keys stay absent where they are not written. */
export const CONFIG: z.ZodObject & z.ZodType<Written> = z
  .strictObject({
    name: z
      .string()
      .regex(/^[\p{L}\p{N}](?:[\p{L}\p{N} ._-]{0,78}[\p{L}\p{N}_-])?$/u, {
        error: 'letters, digits, spaces, dots, hyphens and underscores, at most 80, beginning with a letter or digit',
      })
      .describe('Name of the run and of its folder. Default: the file name.'),
    seed: z.int().min(0).max(4_294_967_295).default(7).describe('Everything random comes from this number.'),
    source: choice('source', 'Where the data come from.'),
    split: split.prefault({}),
    encoder: z
      .array(choice('encoder', 'One encoder.'))
      .min(1)
      .max(16)
      .optional()
      .describe(
        'How values become what the network reads: one, or a list applied in order and undone in reverse; fitted on the training part only. Default: standard for recorded numbers (csv, rows, tsf), none for generated numbers, words for text.',
      ),
    window: window.prefault({}),
    model: choice('model', 'The network, closed-form forecaster or combination.'),
    engine: z
      .strictObject({
        kind: z
          .enum(ENGINE_KINDS as [string, ...string[]])
          .default('auto')
          .describe('Who does the arithmetic; `auto` takes the fastest that loads.'),
      })
      .meta({ description: 'Who does the arithmetic.', short: ENGINE_KINDS })
      .prefault({}),
    train: train.prefault({}),
    predict: predict.prefault({}),
    evaluate: evaluate.prefault({}),
  })
  .describe('A forecasting run.') as unknown as z.ZodObject & z.ZodType<Written>;
