// How the learning rate changes over a training, as data, and the rate of each step.
// In: a spec, the first rate, a step. Out: that step's rate. Not here: counting steps (engines/).

import * as z from 'zod';
import { type Kind, kindIn } from '../core/kind.ts';

export type ScheduleSpec =
  | { readonly kind: 'constant' }
  | { readonly kind: 'cosine'; readonly warmup: number; readonly floor: number }
  | { readonly kind: 'one-cycle'; readonly warmup: number }
  | { readonly kind: 'step'; readonly drops: number; readonly factor: number }
  | { readonly kind: 'exponential'; readonly end: number };

export type ScheduleName = ScheduleSpec['kind'];
type ScheduleOf<K extends ScheduleName> = Extract<ScheduleSpec, { readonly kind: K }>;

export interface ScheduleKind<Spec extends ScheduleSpec = ScheduleSpec> extends Kind<Omit<Spec, 'kind'>> {
  readonly kind: Spec['kind'];
  /** The rate's factor at 0-based `step` of `total` steps. */
  factor(spec: Spec, step: number, total: number): number;
}

const share = z.number().min(0).lt(1);

export const SCHEDULES: { readonly [K in ScheduleName]: ScheduleKind<ScheduleOf<K>> } = {
  constant: {
    kind: 'constant',
    summary: 'The same rate throughout.',
    options: z.strictObject({}),
    factor: () => 1,
  },
  cosine: {
    kind: 'cosine',
    summary: 'Half a cosine from the rate down to a floor (Loshchilov and Hutter 2017).',
    options: z.strictObject({
      warmup: share.default(0).describe('share of the steps in which the rate first rises; default 0'),
      floor: z.number().min(0).max(1).default(0).describe('where it ends, as a share of the rate; default 0'),
    }),
    factor: (spec, step, total) => warmCosine(spec.warmup, spec.floor, step, total),
  },
  'one-cycle': {
    kind: 'one-cycle',
    summary: 'A short linear rise, then half a cosine to zero (after Smith and Topin 2019).',
    options: z.strictObject({
      warmup: share.default(0.1).describe('share of the steps in which the rate rises; default 0.1'),
    }),
    factor: (spec, step, total) => warmCosine(spec.warmup, 0, step, total),
  },
  step: {
    kind: 'step',
    summary: 'The rate is multiplied by a factor a few times, at even distances.',
    options: z.strictObject({
      drops: z.int().min(1).default(2).describe('number of drops; default 2'),
      factor: z.number().gt(0).lte(1).default(0.1).describe('what the rate is multiplied by at each; default 0.1'),
    }),
    factor: (spec, step, total) => {
      let factor = 1;
      const drops = Math.min(spec.drops, Math.floor((step * (spec.drops + 1)) / total));
      for (let i = 0; i < drops; i++) factor *= spec.factor;
      return factor;
    },
  },
  exponential: {
    kind: 'exponential',
    summary: 'The rate falls by the same share each step.',
    options: z.strictObject({
      end: z
        .number()
        .gt(0)
        .lte(1)
        .default(0.01)
        .describe('what is left of the rate at the end, as a share; default 0.01'),
    }),
    factor: (spec, step, total) => Math.exp((Math.log(spec.end) * step) / total),
  },
};

/** Learning rate of 0-based `step` in a training of `totalSteps`. */
export function rateAt(schedule: ScheduleSpec, rate: number, step: number, totalSteps: number): number {
  const kind = SCHEDULES[schedule.kind] as ScheduleKind;
  return rate * kind.factor(schedule, step, totalSteps);
}

/** The spec of a choice; missing options take their defaults. Errors: E_CONFIG_UNKNOWN_KIND; ZodError of wrong options. */
export function spellSchedule(choice: { readonly kind: string; readonly [option: string]: unknown }): ScheduleSpec {
  const { kind, ...options } = choice;
  return { kind, ...kindIn(SCHEDULES, kind, 'schedule').options.parse(options) } as ScheduleSpec;
}

/** Linear rise over the first `warmup · total` steps, then half a cosine from 1 to `floor`. */
function warmCosine(warmup: number, floor: number, step: number, total: number): number {
  const rising = Math.round(warmup * total);
  if (step < rising) return (step + 1) / rising;
  const progress = (step - rising) / Math.max(1, total - rising);
  return floor + ((1 - floor) * (1 + Math.cos(Math.PI * progress))) / 2;
}
