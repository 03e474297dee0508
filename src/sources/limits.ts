// The `limits:` of sources that read files: upper bounds that keep a wrong file from filling the memory.
// In: what a source counts beside bytes. Out: the option. Not here: holding files to them (file.ts and each reader).

import { z } from 'zod';
import type { ByteLimits } from './file.ts';

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
