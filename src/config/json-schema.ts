// The language as JSON Schema (draft 7, what editors read): every key with its description, its default and its allowed values.
// Not here: checking configs (load.ts).

import { join } from 'node:path';
import * as z from 'zod';
import { writeAtomic } from '../artifact/write.ts';
import { LAYERS } from '../layers/index.ts';
import { LOSSES } from '../losses/index.ts';
import { PACKAGE_FOLDER } from './presets.ts';
import { CONFIG } from './schema.ts';

export type JsonSchema = { readonly [key: string]: unknown };

let built: JsonSchema | null = null;

/** The schema of a config file; the same object at each call. */
export function jsonSchema(): JsonSchema {
  built ??= build();
  return built;
}

/** As it stands in configs/schema.json. */
export function renderJsonSchema(): string {
  return `${JSON.stringify(jsonSchema(), null, 2)}\n`;
}

/** Writes configs/schema.json of this package; its path. */
export async function writeJsonSchema(): Promise<string> {
  const path = join(PACKAGE_FOLDER, 'configs', 'schema.json');
  await writeAtomic(path, renderJsonSchema());
  return path;
}

function build(): JsonSchema {
  const schema = z.toJSONSchema(CONFIG, {
    target: 'draft-07',
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => spellOut(zodSchema, jsonSchema as Record<string, unknown>),
  }) as Record<string, unknown>;
  const properties = schema.properties as Record<string, Record<string, unknown>>;
  const { description, ...one } = properties.encoder!.items as Record<string, unknown>;
  properties.encoder = {
    description: properties.encoder!.description,
    anyOf: [...(one.anyOf as unknown[]), { ...properties.encoder, description: 'A list of encoders.' }],
  };
  return { title: 'forecast config', ...schema };
}

/** What the kinds inside a model's options are: layers and losses. */
const INNER: { readonly [kind: string]: { readonly summary: string } } = { ...LOSSES, ...LAYERS };

/** Every kind says in a sentence what it is, also where its schema does not. */
function nameKind(json: Record<string, unknown>): void {
  const kind = (json.properties as { kind?: Record<string, unknown> } | undefined)?.kind;
  if (typeof kind?.const !== 'string' || kind.description !== undefined) return;
  const summary = Object.hasOwn(INNER, kind.const) ? INNER[kind.const]!.summary : 'Which one.';
  kind.description = summary;
  json.title ??= kind.const;
  json.description ??= summary;
}

/** "or null" describes itself by what it is when it is not null. */
function liftDescription(json: Record<string, unknown>): void {
  const alternatives = json.anyOf;
  if (!Array.isArray(alternatives) || alternatives.length !== 2 || alternatives[1].type !== 'null') return;
  json.description ??= alternatives[0].description;
}

/** Choices show their kinds as alternatives, and the bare name where that is allowed. */
function spellOut(zodSchema: z.core.$ZodType, json: Record<string, unknown>): void {
  nameKind(json);
  liftDescription(json);
  const alternatives = json.oneOf ?? json.anyOf;
  const short = zodSchema instanceof z.ZodType ? zodSchema.meta()?.short : undefined;
  delete json.short;
  if (Array.isArray(alternatives)) {
    delete json.oneOf;
    json.anyOf = Array.isArray(short)
      ? [{ enum: short, description: 'The kind alone.' }, ...alternatives]
      : alternatives;
  } else if (Array.isArray(short)) {
    const { description, default: preset, ...object } = { ...json };
    for (const key of Object.keys(json)) delete json[key];
    Object.assign(json, { description, ...(preset === undefined ? {} : { default: preset }) });
    json.anyOf = [{ enum: short, description: 'The kind alone.' }, object];
  }
}
