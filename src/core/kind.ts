// What every open folder's table holds: kinds, each with a name, one sentence and the schema of its options.
// Not here: the assembly of the whole YAML (config/).

import type { z } from 'zod';
import { ForecastError } from './errors.ts';
import { nearest } from './nearest.ts';

/** One entry of an open folder's table. `options` is a strict zod object without the `kind` key; every field has `.describe()`. */
export interface Kind<Options = unknown> {
  readonly kind: string;
  /** One sentence for `forecast explain` and the JSON schema. */
  readonly summary: string;
  readonly options: z.ZodObject & z.ZodType<Options>;
}

/** The kind of that name. `what`: what the table holds ("optimizer"). Errors: E_CONFIG_UNKNOWN_KIND. */
export function kindIn<Table extends object>(table: Table, kind: string, what: string): Table[keyof Table] {
  if (Object.hasOwn(table, kind)) return table[kind as keyof Table];
  const known = Object.keys(table);
  const guess = nearest(String(kind), known);
  throw new ForecastError('E_CONFIG_UNKNOWN_KIND', `no ${what} is called ${JSON.stringify(kind)}`, {
    hint: `${guess === null ? '' : `did you mean ${JSON.stringify(guess)}? `}one of ${known.join(', ')}`,
  });
}
