// The schema at a path: which part of the language a key belongs to. Not here: checking values.

import * as z from 'zod';
import type { Path } from './yaml.ts';

/** The innermost schema: defaults, optional and nullable wrappers taken off. */
function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  let inner = schema;
  for (;;) {
    const def = inner._zod.def as { innerType?: z.core.$ZodType; in?: z.core.$ZodType };
    const next = def.innerType ?? def.in;
    if (next === undefined) return inner;
    inner = next;
  }
}

/** The kinds of a choice: its branches by the literal in `kind`. null where the schema is no choice. */
function branchesOf(schema: z.core.$ZodType): ReadonlyMap<string, z.ZodObject> | null {
  if (!(schema instanceof z.ZodUnion || schema instanceof z.ZodDiscriminatedUnion)) return null;
  const branches = new Map<string, z.ZodObject>();
  for (const option of schema.options.map((o) => unwrap(o))) {
    if (!(option instanceof z.ZodObject)) continue;
    const kind = option.shape.kind;
    const literal = kind === undefined ? undefined : unwrap(kind);
    if (literal instanceof z.ZodLiteral) for (const value of literal.values) branches.set(String(value), option);
  }
  return branches.size === 0 ? null : branches;
}

/** The schema of the value at `path`; choices are followed by the `kind` found in `data`. null where there is none. */
export function schemaAt(root: z.core.$ZodType, path: Path, data: unknown): z.core.$ZodType | null {
  let schema = settleBranch(unwrap(root), data);
  let value = data;
  for (const segment of path) {
    if (schema instanceof z.ZodObject) {
      const next: z.core.$ZodType | undefined = Object.hasOwn(schema.shape, segment)
        ? schema.shape[String(segment)]
        : undefined;
      if (next === undefined) return null;
      schema = unwrap(next);
    } else if (schema instanceof z.ZodArray) {
      schema = unwrap(schema.element);
    } else {
      return null;
    }
    value =
      value !== null && typeof value === 'object' && Object.hasOwn(value, segment)
        ? (value as Record<string | number, unknown>)[segment]
        : undefined;
    schema = settleBranch(schema, value);
  }
  return schema;
}

function settleBranch(schema: z.core.$ZodType, value: unknown): z.core.$ZodType {
  if (!(schema instanceof z.ZodUnion || schema instanceof z.ZodDiscriminatedUnion)) return schema;
  const kind =
    value !== null && typeof value === 'object' && Object.hasOwn(value, 'kind')
      ? (value as Record<string, unknown>).kind
      : undefined;
  const branch = branchesOf(schema)?.get(String(kind));
  if (branch !== undefined) return branch;
  // A union of other sorts of values: the first branch of the value's own sort.
  const options = schema.options.map((option) => unwrap(option));
  const sort = Array.isArray(value) ? z.ZodArray : value !== null && typeof value === 'object' ? z.ZodObject : null;
  const fit = sort === null ? undefined : options.find((option) => option instanceof sort);
  return fit === undefined ? schema : settleBranch(fit, value);
}
