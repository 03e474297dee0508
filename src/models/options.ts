// Options that several models share: dropout, a skip, lags, running free, a warm-up. In: what a person writes. Out: a network's fields.
// Absent options leave a network as it was. Not here: which of them go together (features.ts).

import * as z from 'zod';
import { ForecastError } from '../core/errors.ts';
import type { Initialiser } from '../layers/layer.ts';
import { initialiser } from '../layers/options.ts';
import type { WindowShape } from '../window/window.ts';
import type { Network } from './network.ts';

export interface FeatureOptions {
  readonly skip?: boolean | Initialiser | undefined;
  readonly lags?: readonly number[] | undefined;
  readonly freeRun?: boolean | number | undefined;
  readonly warmup?: number | undefined;
}

export const featureFields: {
  readonly skip: z.ZodOptional<z.ZodType<boolean | Initialiser>>;
  readonly lags: z.ZodOptional<z.ZodType<number[]>>;
  readonly freeRun: z.ZodOptional<z.ZodType<boolean | number>>;
  readonly warmup: z.ZodOptional<z.ZodInt>;
} = {
  skip: z
    .union([z.boolean(), initialiser])
    .optional()
    .describe(
      'add a linear function of the step’s inputs to the output: true (weights begin at zero) or how they are drawn',
    ),
  lags: z
    .array(z.int().min(1).max(100_000))
    .min(1)
    .max(64)
    .refine((lags) => lags.every((lag, i) => i === 0 || lag > (lags[i - 1] as number)), {
      error: 'each lag greater than the one before',
      params: { code: 'E_CONFIG_RANGE' },
    })
    .optional()
    .describe('target values a step reads, in steps before the one that follows it; default [1], the step’s own'),
  freeRun: z
    .union([z.boolean(), z.int().min(0)])
    .optional()
    .describe(
      'steps the network runs on its own outputs, in training as in use, one value a step: true is window.horizon − 1; absent: the whole horizon at once',
    ),
  warmup: z
    .int()
    .min(0)
    .optional()
    .describe(
      'first known steps whose error training does not count, with freeRun or window.targets: every; default 0',
    ),
};

export const dropoutField: z.ZodDefault<z.ZodNumber> = z
  .number()
  .min(0)
  .lt(1)
  .default(0)
  .describe('share of values zeroed after each recurrent layer; default 0');

/** Of models of text. */
export const carryField: z.ZodOptional<z.ZodBoolean> = z
  .boolean()
  .optional()
  .describe(
    'recurrent state goes on from batch to batch: train.batch streams side by side, window.targets: every; default false, each window begins at zero',
  );

/** Free steps asked for; undefined: the horizon is given at once. */
export function freeStepsOf(options: FeatureOptions, window: WindowShape): number | undefined {
  if (options.freeRun === undefined || options.freeRun === false) return undefined;
  return options.freeRun === true ? window.horizon - 1 : options.freeRun;
}

/** Whether the layers give every step's row. */
export function everyStep(options: FeatureOptions, window: WindowShape): boolean {
  return window.targets === 'every' || freeStepsOf(options, window) !== undefined;
}

/** The network's own fields. Errors: E_CONFIG_CONFLICT where they do not fit the window. */
export function spellFeatures(
  options: FeatureOptions,
  window: WindowShape,
): Pick<Network, 'skip' | 'freeRun' | 'warmup'> & { readonly lags?: readonly number[] } {
  const freeRun = freeStepsOf(options, window);
  checkFreeRun(freeRun, window);
  checkWarmup(options, window);
  return {
    ...(options.skip === undefined || options.skip === false
      ? {}
      : { skip: options.skip === true ? ('zeros' as const) : options.skip }),
    ...(options.lags ? { lags: options.lags } : {}),
    ...(freeRun === undefined ? {} : { freeRun }),
    ...(options.warmup ? { warmup: options.warmup } : {}),
  };
}

function checkFreeRun(freeRun: number | undefined, window: WindowShape): void {
  if (freeRun === undefined) return;
  if (window.targets === 'every') {
    throw new ForecastError('E_CONFIG_CONFLICT', 'a network that runs free has its targets after its last known step', {
      where: 'window.targets',
      hint: 'write window.targets: last; model.warmup says from which step on training measures',
    });
  }
  if (freeRun === 0 || window.lead === 0) return;
  throw new ForecastError(
    'E_CONFIG_CONFLICT',
    `a network that runs free gives the next step, and the lead is ${window.lead}`,
    {
      where: 'window.lead',
      hint: 'write window.lead: 0, or remove model.freeRun',
    },
  );
}

function checkWarmup(options: FeatureOptions, window: WindowShape): void {
  const { warmup } = options;
  if (!warmup) return;
  if (!everyStep(options, window)) {
    throw new ForecastError('E_CONFIG_CONFLICT', 'only the last step is measured, so there is nothing to warm up', {
      where: 'model.warmup',
      hint: 'remove it, or write model.freeRun or window.targets: every',
    });
  }
  if (warmup < window.context) return;
  throw new ForecastError(
    'E_CONFIG_CONFLICT',
    `a warm-up of ${warmup} steps leaves none of a context of ${window.context}`,
    {
      where: 'model.warmup',
      hint: `write a number below ${window.context}`,
    },
  );
}
