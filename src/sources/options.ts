// Options that several sources of files share: how cells are written, seasons, what becomes of missing values, upper bounds.
// In: words of a source's own. Out: fields of its schema. Not here: reading by them (csv/, rows/, tsf/, file.ts).

import * as z from 'zod';
import { ENCODINGS, type Encoding } from './encoding.ts';
import type { ByteLimits } from './file.ts';

/** A name of a column or an attribute, or of a file. */
export const name: z.ZodString = z.string().min(1);

const rowsPerSeason: z.ZodNumber = z.number().int().min(1);

/** Rows per season, or several; absent: found. */
export function seasonField(what: string): z.ZodOptional<z.ZodType<number | number[]>> {
  return z
    .union([rowsPerSeason, z.array(rowsPerSeason).min(1)])
    .optional()
    .describe(what);
}

/** What the bytes of a file spell; never written where it is UTF-8 or marked. */
export const encodingField: z.ZodOptional<z.ZodType<Encoding>> = z
  .enum(ENCODINGS)
  .optional()
  .describe(
    'how the file was saved where it is not UTF-8, such as windows-1252; default: UTF-8, or UTF-16 where it begins so',
  );

/** What missing values become. */
export function fillField(
  what: string,
): z.ZodDefault<z.ZodEnum<{ refuse: 'refuse'; previous: 'previous'; linear: 'linear'; zero: 'zero' }>> {
  return z.enum(['refuse', 'previous', 'linear', 'zero']).default('refuse').describe(what);
}

/** How the cells of a delimited text are told apart and read. */
export const cellFields: {
  readonly delimiter: z.ZodOptional<z.ZodString>;
  readonly decimal: z.ZodOptional<z.ZodEnum<{ '.': '.'; ',': ',' }>>;
  readonly thousands: z.ZodOptional<z.ZodEnum<{ ',': ','; '.': '.'; ' ': ' '; "'": "'"; _: '_' }>>;
  readonly missing: z.ZodDefault<z.ZodArray<z.ZodUnion<readonly [z.ZodString, z.ZodNumber]>>>;
  readonly unit: z.ZodOptional<z.ZodType<string | string[]>>;
  readonly parentheses: z.ZodOptional<z.ZodEnum<{ refuse: 'refuse'; negative: 'negative' }>>;
} = {
  delimiter: z
    .string()
    .length(1)
    .refine((sign) => !/["\r\n]/.test(sign) && sign.charCodeAt(0) < 128, 'one ASCII character, no quote or line end')
    .optional()
    .describe('character between cells; default: found among , ; tab |'),
  decimal: z
    .enum(['.', ','])
    .optional()
    .describe('decimal sign; default: "," where ; separates cells like 1,5, else "."'),
  thousands: z
    .enum([',', '.', ' ', "'", '_'])
    .optional()
    .describe('sign between groups of three digits (a blank of any width, either apostrophe), default none'),
  missing: z
    .array(z.union([z.string(), z.number()]))
    .default(['', 'NA', 'NaN', 'null', 'NULL', '-', '?'])
    .describe('cells that mean "no value"; an empty cell always does. Default "", NA, NaN, null, NULL, -, ?'),
  unit: z
    .union([name, z.array(name).min(1)])
    .optional()
    .describe('sign or word beside numbers that is no part of them, such as $, % or kWh, or several; default none'),
  parentheses: z
    .enum(['refuse', 'negative'])
    .optional()
    .describe('what (5) and 5- are: no numbers (default), or -5 as accountants write it'),
};

/** A bound and what it is of, with its default. */
export function limit(most: number, what: string): z.ZodDefault<z.ZodNumber> {
  return z.number().int().positive().default(most).describe(what);
}

/** Bytes and how far gzip may inflate, as every file has them, and a source's own bounds between them. */
export function limitsOption<Name extends string = never>(
  own: {
    readonly [name in Name]: z.ZodDefault<z.ZodNumber>;
  },
): z.ZodType<ByteLimits & { readonly [name in Name]: number }> {
  const ratio = z.number().positive().default(200);
  return z
    .strictObject({
      bytes: limit(268435456, 'largest file after inflating, bytes, default 256 MiB'),
      ...(own as Record<string, z.ZodDefault<z.ZodNumber>>),
      ratio: ratio.describe('most inflated bytes per byte of a gzip file, default 200'),
    })
    .prefault({} as never)
    .describe('upper bounds that keep a wrong file from filling the memory') as never;
}
