// What a key means: description, type, default, allowed values; for a choice its kinds. Made from the schema alone; a code has its own entry.
// In: a key ("train.epochs"), a kind ("lstm-regressor"), a code ("W_COVERAGE"), or nothing. Out: plain text. Not here: printing.

import { ForecastError } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import { METRICS } from '../metrics/index.ts';
import { codeEntries } from './codes.ts';
import { type JsonSchema, jsonSchema } from './json-schema.ts';
import { recipeText } from './recipe.ts';

interface Found {
  readonly name: string;
  readonly schema: JsonSchema;
  /** The kind it belongs to, where keys differ by kind. */
  readonly kind: string | null;
  readonly required: boolean;
}

/** A code of an error or a warning, or the beginning of one. */
const CODE = /^[EW]_/i;

/** Explains a key, a kind or a code. Errors: E_USAGE with the nearest known word. */
export function explain(key = ''): string {
  if (key === '') return overview();
  if (key === 'recipe') return recipeText();
  const codes: ReadonlyMap<string, string> = CODE.test(key) ? codeEntries() : new Map();
  const entry = codes.get(key.toUpperCase());
  if (entry !== undefined) return entry;
  const found = findKeys(key.split('.'));
  if (found.length > 0) return found.map(describe).join('\n\n');
  const metric = describeMetric(key);
  const pages = [
    ...keysCalled(key).map(describe),
    ...kindsCalled(key).map(describeKind),
    ...(metric === null ? [] : [metric]),
  ];
  if (pages.length > 0) return pages.join('\n\n');
  const guess = nearest(key.toUpperCase(), codes.keys()) ?? nearestWord(key);
  throw new ForecastError('E_USAGE', `nothing is called ${JSON.stringify(key.slice(0, 60))}`, {
    where: 'explain',
    hint: guess === null ? '`forecast explain` lists the keys' : `did you mean ${JSON.stringify(guess)}?`,
  });
}

function overview(): string {
  const lines = Object.entries(propertiesOf(jsonSchema())).map(
    ([key, schema]) => `  ${key.padEnd(10)} ${firstSentence(textOf(schema))}`,
  );
  return [
    'Keys of a config, in the order of the pipeline:',
    '',
    ...lines,
    '',
    'More: forecast explain train, forecast explain train.epochs, forecast explain lstm-regressor, forecast explain recipe,',
    'and of errors and warnings: forecast explain W_COVERAGE',
  ].join('\n');
}

const firstSentence = (text: string): string => /^.*?\.(?=\s|$)/.exec(text)?.[0] ?? text;

/** Every place a dotted key leads to: one, or one for each kind that has it. */
function findKeys(segments: readonly string[]): Found[] {
  let places: Found[] = [{ name: '', schema: jsonSchema(), kind: null, required: true }];
  for (const segment of segments) {
    places = places.flatMap((place) =>
      branchesOf(place.schema).flatMap((branch) => {
        const schema = propertiesOf(branch)[segment];
        if (schema === undefined) return /^\d+$/.test(segment) && branch === place.schema ? [place] : [];
        const kind = kindOf(branch) ?? place.kind;
        const required = Array.isArray(branch.required) && branch.required.includes(segment);
        const name = place.name === '' ? segment : `${place.name}.${segment}`;
        return [{ name, schema, kind, required }];
      }),
    );
  }
  const kindKey = segments.at(-1) === 'kind' ? places.slice(0, 1) : places;
  return mergeSame(kindKey);
}

/** The keys whose last word this is, with their sections: "horizon" is window.horizon and predict.horizon. */
export function keysEndingIn(word: string): readonly string[] {
  return [...new Set(keysCalled(word).map(({ name }) => name))];
}

/** The keys of all stages that are called so. */
function keysCalled(key: string): Found[] {
  return Object.keys(propertiesOf(jsonSchema())).flatMap((stage) => findKeys([stage, key]));
}

/** The same key in several kinds is told once. */
function mergeSame(places: readonly Found[]): Found[] {
  const merged = new Map<string, Found>();
  for (const place of places) {
    const same = JSON.stringify(place.schema);
    const before = merged.get(same);
    const kinds = [...(before?.kind?.split(', ') ?? []), ...(place.kind === null ? [] : [place.kind])];
    const kind = [...new Set(kinds)].join(', ');
    merged.set(same, { ...place, kind: kind === '' ? null : kind });
  }
  return [...merged.values()];
}

function describe(found: Found): string {
  const { name, schema, kind, required } = found;
  const kinds = branchesOf(schema).filter((branch) => kindOf(branch) !== null);
  const head = kind === null ? name : `${name}  (${kind})`;
  const facts: string[] = [];
  const type = typeOf(schema);
  if (type !== '') facts.push(`  type      ${type}`);
  if (schema.default !== undefined && kinds.length === 0 && propertyLines(schema).length === 0) {
    facts.push(`  default   ${JSON.stringify(schema.default)}`);
  } else if (required) facts.push('  required');
  const list =
    kinds.length > 0
      ? ['  kinds', ...kinds.map((branch) => `    ${kindOf(branch)!.padEnd(18)} ${textOf(branch)}`)]
      : [];
  return [head, `  ${textOf(schema)}`, ...facts, ...list, ...propertyLines(schema)].join('\n');
}

function propertyLines(schema: JsonSchema): string[] {
  const own = branchesOf(schema).find((branch) => kindOf(branch) === null && branch.properties !== undefined);
  if (own === undefined) return [];
  return ['  keys', ...Object.entries(propertiesOf(own)).map(([key, inner]) => keyLine(key, inner))];
}

function keyLine(key: string, schema: JsonSchema): string {
  const preset = schema.default;
  const text = textOf(schema);
  const shown = preset === undefined || /default/i.test(text) ? '' : ` (default ${JSON.stringify(preset)})`;
  return `    ${key.padEnd(18)} ${text}${shown}`;
}

interface KindFound {
  readonly place: string;
  readonly schema: JsonSchema;
}

/** Every place a kind may stand, each description once. */
function kindsCalled(kind: string): KindFound[] {
  const found = new Map<string, KindFound>();
  const walk = (schema: JsonSchema, place: string): void => {
    for (const branch of branchesOf(schema)) {
      const key = JSON.stringify(branch);
      if (kindOf(branch) === kind && !found.has(key)) found.set(key, { place, schema: branch });
      for (const [name, inner] of Object.entries(propertiesOf(branch)))
        walk(inner, place === '' ? name : `${place}.${name}`);
    }
  };
  walk(jsonSchema(), '');
  return [...found.values()];
}

/** A metric's page; null where none is called so. */
function describeMetric(kind: string): string | null {
  const metric = Object.hasOwn(METRICS, kind) ? METRICS[kind] : undefined;
  if (!metric) return null;
  const better = metric.better === 'zero' ? 'best at 0' : `${metric.better} is better`;
  return `evaluate.metrics: ${kind}\n  ${metric.summary}\n  unit      ${metric.unit}, ${better}`;
}

function describeKind({ place, schema }: KindFound): string {
  const options = Object.entries(propertiesOf(schema)).filter(([key]) => key !== 'kind');
  const lines = options.map(([key, inner]) => keyLine(key, inner));
  return [
    `${place}: { kind: ${kindOf(schema)} }`,
    `  ${textOf(schema)}`,
    ...(lines.length > 0 ? ['  options', ...lines] : []),
  ].join('\n');
}

/** The nearest key or kind; a key may be meant by its last part alone. */
function nearestWord(key: string): string | null {
  const words = knownWords();
  const whole = nearest(key, words);
  if (whole !== null) return whole;
  const last = nearest(key, new Set(words.map((word) => word.split('.').at(-1)!)));
  return last === null ? null : (words.find((word) => word.split('.').at(-1) === last) ?? null);
}

function knownWords(): string[] {
  const words: string[] = [];
  const walk = (schema: JsonSchema, prefix: string): void => {
    for (const branch of branchesOf(schema)) {
      const kind = kindOf(branch);
      if (kind !== null) words.push(kind);
      for (const [key, inner] of Object.entries(propertiesOf(branch))) {
        words.push(`${prefix}${key}`);
        walk(inner, `${prefix}${key}.`);
      }
    }
  };
  walk(jsonSchema(), '');
  return [...new Set(words)];
}

/** The alternatives of a schema that are objects; lists stand for their entries. */
function branchesOf(schema: JsonSchema): JsonSchema[] {
  const own = schema.properties === undefined ? [] : [schema];
  const nested = [...alternativesOf(schema), ...(isSchema(schema.items) ? [schema.items] : [])];
  const all = [...own, ...nested.flatMap(branchesOf)];
  return [...new Map(all.map((branch) => [JSON.stringify(branch), branch])).values()];
}

function alternativesOf(schema: JsonSchema): JsonSchema[] {
  const list = schema.anyOf ?? schema.oneOf ?? schema.allOf;
  return Array.isArray(list) ? list.filter(isSchema) : [];
}

function propertiesOf(schema: JsonSchema): { readonly [key: string]: JsonSchema } {
  return isSchema(schema.properties) ? (schema.properties as { readonly [key: string]: JsonSchema }) : {};
}

function kindOf(schema: JsonSchema): string | null {
  const kind = propertiesOf(schema).kind;
  return typeof kind?.const === 'string' ? kind.const : null;
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(schema: JsonSchema): string {
  const own = schema.description;
  if (typeof own === 'string') return own;
  const inner = alternativesOf(schema)
    .map((s) => s.description)
    .find((d) => typeof d === 'string');
  return typeof inner === 'string' ? inner : '';
}

/** "a whole number, 1 or more", "one of a, b", "a list of numbers or null". */
function typeOf(schema: JsonSchema): string {
  if (Array.isArray(schema.enum)) return `one of ${schema.enum.join(', ')}`;
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  const alternatives = alternativesOf(schema)
    .map(typeOf)
    .filter((text) => text !== '');
  if (alternatives.length > 0) return [...new Set(alternatives)].join(', or ');
  switch (schema.type) {
    case 'integer':
      return `a whole number${bounds(schema)}`;
    case 'number':
      return `a number${bounds(schema)}`;
    case 'string':
      return 'text';
    case 'boolean':
      return 'true or false';
    case 'null':
      return 'null';
    case 'array':
      return `a list of ${isSchema(schema.items) ? typeOf(schema.items) || 'values' : 'values'}`;
    case 'object':
      return 'keys and values';
    default:
      return '';
  }
}

function bounds(schema: JsonSchema): string {
  const safe = Number.MAX_SAFE_INTEGER;
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema as Record<string, number | undefined>;
  const parts: string[] = [];
  if (minimum !== undefined && minimum > -safe) parts.push(`at least ${minimum}`);
  if (exclusiveMinimum !== undefined) parts.push(`greater than ${exclusiveMinimum}`);
  if (maximum !== undefined && maximum < safe) parts.push(`at most ${maximum}`);
  if (exclusiveMaximum !== undefined) parts.push(`less than ${exclusiveMaximum}`);
  return parts.length === 0 ? '' : `, ${parts.join(', ')}`;
}
