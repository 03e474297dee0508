// What every open folder's table holds: kinds, each with a name, one sentence and the schema of its options.
// Not here: the assembly of the whole YAML (config/).

import type { z } from 'zod';

/** One entry of an open folder's table. `options` is a strict zod object without the `kind` key; every field has `.describe()`. */
export interface Kind<Options = unknown> {
  readonly kind: string;
  /** One sentence for `forecast explain` and the JSON schema. */
  readonly summary: string;
  readonly options: z.ZodObject & z.ZodType<Options>;
}
