// Options that several forecasters share, each with one meaning. A number left out is chosen from the data.
// In: nothing. Out: zod fields. Not here: the forecasters.

import * as z from 'zod';

type Optional<T extends z.ZodType> = z.ZodOptional<T>;

/** How far a state moves towards what is new, 0 … 1. */
export function weight(of: string): Optional<z.ZodNumber> {
  return z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe(`Weight of the newest ${of}, 0 to 1, default chosen from the data`);
}

/** As `weight`, where 0 would leave nothing defined. */
export function positiveWeight(of: string): Optional<z.ZodNumber> {
  return z
    .number()
    .gt(0)
    .max(1)
    .optional()
    .describe(`Weight of the newest ${of}, above 0 up to 1, default chosen from the data`);
}

export const season: Optional<z.ZodNumber> = z
  .number()
  .int()
  .min(1)
  .optional()
  .describe('Steps per season, a count of rows, default the season of the series');

export const damped: z.ZodDefault<z.ZodBoolean> = z
  .boolean()
  .default(false)
  .describe('Whether the trend fades out with the steps ahead, default false');

export const phi: Optional<z.ZodNumber> = z
  .number()
  .gt(0)
  .max(1)
  .optional()
  .describe(
    'Share of the trend left after a step where it is damped, above 0 up to 1, default chosen from the data (0.8 to 0.98)',
  );

export const startLevel: Optional<z.ZodNumber> = z
  .number()
  .optional()
  .describe('Level before the first row, in units of the target, default estimated');

export const startTrend: Optional<z.ZodNumber> = z
  .number()
  .optional()
  .describe('Trend before the first row, in units of the target per row, default estimated');

export const seasonals: Optional<z.ZodArray<z.ZodNumber>> = z
  .array(z.number())
  .optional()
  .describe(
    'Numbers of the first season, one per row of it in time order (factors, or offsets where additive), default estimated',
  );
