// From a file, a text or an object to a checked config: read, measure, parse, override, check. All mistakes are shown at once.
// In: untrusted input. Out: LoadedConfig, or one ForecastError whose `others` hold the rest. Not here: data-dependent defaults (defaults.ts).

import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import * as z from 'zod';
import { ForecastError } from '../core/errors.ts';
import { conflictsOf, takesSeeds } from './conflicts.ts';
import { type Problem, problemsOf, RESERVED, unknownKey, valueAt } from './issues.ts';
import { textHint } from './named-text.ts';
import { type Assignment, assign, parseAssignment } from './overrides.ts';
import { projectRoot, resolveInside, shownPath } from './paths.ts';
import { CHOICES, CONFIG, type Written } from './schema.ts';
import { schemaAt } from './walk.ts';
import { type Located, MOST_BYTES, MOST_LEVELS, type Path, parseYaml, tooLarge } from './yaml.ts';

export interface LoadOptions {
  /** Overrides, each "key.path=value" with the value in YAML. */
  readonly set?: readonly string[];
  readonly seed?: number;
  readonly engine?: string;
  readonly name?: string;
  readonly allowOutside?: boolean;
  /** Project folder that written paths stay inside; default: the nearest above with package.json or .git, else the config's own. */
  readonly root?: string;
}

export interface ParseOptions extends LoadOptions {
  /** How messages name the config. */
  readonly file?: string;
  /** Folder that written paths are relative to; default: the current one. */
  readonly base?: string;
}

/** A checked config and where its paths lead. */
export interface LoadedConfig {
  readonly written: Written;
  /** How messages name the config: its path relative to the current folder. */
  readonly file: string;
  /** Absolute folder that written paths are relative to. */
  readonly base: string;
  /** Absolute project folder. */
  readonly root: string;
  /** A written path as one to open. Errors: E_PATH_OUTSIDE, E_URL_DISABLED. */
  resolve(path: string): string;
  /** A path as it may be shown and stored: relative to the project folder, the same from every working directory. */
  display(path: string): string;
}

/** Reads and checks a config file. Errors: E_CONFIG_* (all at once, with line and column), E_USAGE for a malformed override. */
export function loadConfig(file: string, options: LoadOptions = {}): Promise<LoadedConfig> {
  return Promise.resolve().then(() => {
    const path = resolve(file);
    const where = shownPath(path, process.cwd());
    try {
      return parse(readText(path, where), { ...options, file: where, base: dirname(path) });
    } catch (error) {
      throw orText(error, where);
    }
  });
}

/** Of a file that neither reads as a config nor is called like one: how a text is named in one. */
function orText(error: unknown, file: string): unknown {
  if (!(error instanceof ForecastError) || /(?:^|\/)[^.]+$|\.(?:ya?ml|json|xlsx?|ods)$/i.test(file)) return error;
  const { code, message, where } = error;
  const nowhere = code === 'E_CONFIG_TYPE' && where === file; // no keys at all
  if (!nowhere && !/^E_CONFIG_(?:SYNTAX|TOO_LARGE|DEPTH|ALIAS|TAG)$/.test(code)) return error;
  // Of what is no config at all, one of the places where it breaks is enough.
  const hint = `a config ends in .yaml, a table is a .csv, .tsv or .tsf file; ${textHint(file)}`;
  return new ForecastError(code, message, { where, hint, cause: error });
}

/** Checks a config given as YAML text or as an object. */
export function parseConfig(source: string | object, options: ParseOptions = {}): LoadedConfig {
  return parse(source, options);
}

function parse(source: string | object, options: ParseOptions): LoadedConfig {
  const file = options.file ?? 'config';
  const base = resolve(options.base ?? '.');
  const root = options.root === undefined ? projectRoot(base) : resolve(options.root);
  const text = typeof source === 'string' ? parseYaml(source, file) : null;
  const given = text === null ? plainCopy(source, file, 0) : text.data;
  requireKeys(given, file);
  const assignments = assignmentsOf(options);
  const place = placer(file, text, given, assignments);
  const data = withoutSeeds(expand(withName(assign(given, assignments), options.file)), assignments);
  const boundary = {
    base,
    root,
    allowOutside: options.allowOutside ?? false,
    where: (path: string): string => {
      const found = findValue(data, path, []);
      return found === null ? file : place({ path: found }).where;
    },
  };
  return {
    written: check(data, text, place),
    file,
    base,
    root,
    resolve: (path) => resolveInside(path, boundary),
    display: (path) => shownPath(resolve(base, path), root),
  };
}

/** At most 64 KiB of UTF-8 from a regular file. */
function readText(path: string, where: string): string {
  const bytes = readBytes(path, where);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new ForecastError('E_CONFIG_SYNTAX', 'the file is not UTF-8 text', {
      where,
      hint: /\.(?:xlsx?|ods)$/i.test(where) ? 'a workbook is no config: save its sheet as .csv' : 'save it as UTF-8',
      cause,
    });
  }
}

function readBytes(path: string, where: string): Uint8Array {
  let descriptor: number;
  try {
    // O_NONBLOCK: a pipe without a writer must not hang the program.
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    throw notFound(cause, where);
  }
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) {
      throw new ForecastError('E_CONFIG_NOT_FOUND', stat.isDirectory() ? 'is a folder, not a file' : 'is not a file', {
        where,
        hint: 'name a YAML file; `forecast presets` lists the ones that come with the program',
      });
    }
    if (stat.size > MOST_BYTES) throw tooLarge(stat.size, where);
    const buffer = new Uint8Array(MOST_BYTES + 1);
    let filled = 0;
    for (;;) {
      const count = readSync(descriptor, buffer, filled, buffer.length - filled, filled);
      if (count === 0) break;
      filled += count;
      if (filled > MOST_BYTES) throw tooLarge(filled, where);
    }
    return buffer.subarray(0, filled);
  } finally {
    closeSync(descriptor);
  }
}

function notFound(cause: unknown, where: string): ForecastError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const what = code === 'ENOENT' || code === 'ENOTDIR' ? 'no such file' : `cannot be read (${code})`;
  return new ForecastError('E_CONFIG_NOT_FOUND', what, {
    where,
    hint: '`forecast presets` lists the configs that come with the program, `forecast init` writes one',
    cause,
  });
}

function requireKeys(data: unknown, file: string): void {
  const table = /\.json$/i.test(file) ? '; a table is a .csv, .tsv or .tsf file' : '';
  const hint = `a config is keys and values: at least \`source:\` and \`model:\`${table}`;
  if (data === null || data === undefined)
    throw new ForecastError('E_CONFIG_TYPE', 'the config is empty', { where: file, hint });
  if (typeof data === 'object' && !Array.isArray(data)) return;
  const what = `expected keys and values, got ${Array.isArray(data) ? 'a list' : 'a single value'}`;
  throw new ForecastError('E_CONFIG_TYPE', what, { where: file, hint });
}

/** An object of the API as the plain data a YAML text would have given. */
function plainCopy(value: unknown, file: string, depth: number): unknown {
  if (depth > MOST_LEVELS) {
    const hint = 'an object that holds itself cannot be a config';
    throw new ForecastError('E_CONFIG_DEPTH', `deeper than ${MOST_LEVELS} levels`, { where: file, hint });
  }
  if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) return value;
  if (Array.isArray(value)) return value.map((item) => plainCopy(item, file, depth + 1));
  if (typeof value === 'object') {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    return Object.fromEntries(entries.map(([key, item]) => [key, plainCopy(item, file, depth + 1)]));
  }
  const hint = 'configs hold text, numbers, true, false, null, lists and objects';
  throw new ForecastError('E_CONFIG_TYPE', `a ${typeof value} cannot be part of a config`, { where: file, hint });
}

function assignmentsOf(options: ParseOptions): Assignment[] {
  const flags: Assignment[] = [];
  if (options.name !== undefined) flags.push({ path: ['name'], value: options.name, label: '--name' });
  if (options.seed !== undefined) flags.push({ path: ['seed'], value: options.seed, label: '--seed' });
  if (options.engine !== undefined) flags.push({ path: ['engine', 'kind'], value: options.engine, label: '--engine' });
  return [...(options.set ?? []).map(parseAssignment), ...flags];
}

/** Another model on the command line leaves the seeds of the one it replaces behind: closed forms are not trained at all. */
function withoutSeeds(data: unknown, assignments: readonly Assignment[]): unknown {
  const paths = assignments.map(({ path }) => path.join('.'));
  if (!paths.some((path) => path === 'model' || path === 'model.kind') || paths.includes('train.seeds')) return data;
  const kind = valueAt(data, ['model', 'kind']);
  if (valueAt(data, ['train', 'seeds']) === undefined || typeof kind !== 'string' || takesSeeds(kind)) return data;
  return changeAt(data, ['train'], (train) => ({ ...(train as object), seeds: undefined }));
}

/** A run without a name is called after its file. */
function withName(data: unknown, file: string | undefined): unknown {
  if (typeof data !== 'object' || data === null || Object.hasOwn(data, 'name')) return data;
  const stem = basename(file ?? 'forecast').replace(/\.(?:ya?ml|json)$/i, '');
  const name = stem
    .replace(/[^\p{L}\p{N} ._-]/gu, '-')
    .replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}_-]+$/gu, '')
    .slice(0, 60)
    .trim();
  return { name: name.replace(/[ .]+$/, '') || 'forecast', ...data };
}

/** Writes shorthands out: `optimizer: adam` is `optimizer: { kind: adam }`, one encoder is a list of one. */
function expand(data: unknown): unknown {
  let expanded = changeAt(data, ['engine'], asChoice(undefined));
  for (const [path, { short, preset }] of Object.entries(CHOICES)) {
    if (short) expanded = changeAt(expanded, path.split('.'), path === 'encoder' ? asEncoders : asChoice(preset));
  }
  return expanded;
}

function asChoice(preset: string | undefined): (value: unknown) => unknown {
  return (value) => {
    if (typeof value === 'string') return { kind: value };
    const kindless = preset !== undefined && typeof value === 'object' && value !== null && !Array.isArray(value);
    return kindless ? { kind: preset, ...value } : value;
  };
}

function asEncoders(value: unknown): unknown {
  if (value === null || value === undefined) return value;
  return (Array.isArray(value) ? value : [value]).map(asChoice(undefined));
}

function changeAt(data: unknown, path: readonly string[], change: (value: unknown) => unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return change(data);
  if (typeof data !== 'object' || data === null || Array.isArray(data) || !Object.hasOwn(data, key)) return data;
  return { ...data, [key]: changeAt((data as Record<string, unknown>)[key], rest, change) };
}

interface Place {
  readonly where: string;
  /** Problems are shown in the order of the text, those of the command line last. */
  readonly order: number;
}

type Placer = (problem: { readonly path: Path; readonly key?: string }) => Place;

function placer(file: string, text: Located | null, given: unknown, assignments: readonly Assignment[]): Placer {
  return ({ path, key }) => {
    const full = key === undefined ? path : [...path, key];
    const shownKey = keyPath(full, given);
    const set = assignments.findLast((a) => startsWith(full, a.path)) ?? madeBy(assignments, full, given);
    if (set !== undefined) {
      const same = set.path.join('.') === full.join('.') || set.path.join('.') === shownKey;
      return { where: same ? set.label : `${set.label} (${full.join('.')})`, order: Number.MAX_SAFE_INTEGER };
    }
    const offset = text?.offset(path, key) ?? null;
    const at = offset === null || text === null ? file : `${file}:${text.position(offset)}`;
    return { where: shownKey === '' ? at : `${at} ${shownKey}`, order: offset ?? -1 };
  };
}

function startsWith(path: Path, head: Path): boolean {
  return head.every((segment, i) => String(segment) === String(path[i]));
}

/** The assignment that brought a key into being, or the object a key is missing in, where the text does not have it. */
function madeBy(assignments: readonly Assignment[], path: Path, given: unknown): Assignment | undefined {
  if (valueAt(given, path) !== undefined) return undefined;
  const parent = path.slice(0, -1);
  const inParent = parent.length > 0 && valueAt(given, parent) === undefined;
  return (
    assignments.findLast((a) => startsWith(a.path, path)) ??
    (inParent ? assignments.findLast((a) => startsWith(a.path, parent)) : undefined)
  );
}

/** "train.optimizer.beta1" as the person wrote it: without what a shorthand left out. */
function keyPath(path: Path, given: unknown): string {
  const shownSegments: string[] = [];
  let value = given;
  for (const segment of path) {
    if (typeof value === 'string') break;
    if (typeof segment === 'number' && !Array.isArray(value) && value !== undefined) continue;
    shownSegments.push(String(segment).slice(0, 60));
    const held = typeof value === 'object' && value !== null && Object.hasOwn(value, segment);
    value = held ? (value as Record<string | number, unknown>)[segment] : undefined;
  }
  return shownSegments.join('.');
}

/** The typed config, or every problem at once. */
function check(data: unknown, text: Located | null, place: Placer): Written {
  const unsound = unsoundIn(data, text, []);
  const once = CONFIG.safeParse(data);
  // A default that is itself a choice (`layers: [{ kind: lstm }]`) gets its own defaults in a second pass.
  const parsed = once.success ? CONFIG.safeParse(once.data) : once;
  const known = (path: Path): readonly string[] => {
    const schema = schemaAt(CONFIG, path, data);
    return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
  };
  const taken = new Set(unsound.map((problem) => problem.path.join('.')));
  const issues = parsed.success ? conflictsOf(parsed.data) : problemsOf(parsed.error.issues, data, known);
  const problems = [...unsound, ...issues.filter((p) => p.key !== undefined || !taken.has(p.path.join('.')))];
  if (problems.length === 0 && parsed.success) return parsed.data;
  const placed = problems
    .map((problem) => ({ problem, ...place(problem) }))
    .sort((a, b) => a.order - b.order)
    .slice(0, 50);
  const errors = placed.map(({ problem, where }) => [problem, where] as const);
  const others = errors.slice(1).map(([p, where]) => new ForecastError(p.code, p.what, { where, hint: p.hint }));
  const [first, where] = errors[0]!;
  throw new ForecastError(first.code, first.what, { where, hint: first.hint }, others);
}

/** Numbers that are none, or that lost digits; keys that mean something to the language; nesting made of aliases. */
function unsoundIn(value: unknown, text: Located | null, path: Path): Problem[] {
  if (typeof value === 'number') return unsoundNumber(value, text, path);
  if (typeof value !== 'object' || value === null) return [];
  if (path.length > MOST_LEVELS) {
    return [{ code: 'E_CONFIG_DEPTH', path, what: `deeper than ${MOST_LEVELS} levels`, hint: 'write it flat' }];
  }
  if (Array.isArray(value)) return value.flatMap((item, i) => unsoundIn(item, text, [...path, i]));
  return Object.entries(value).flatMap(([key, item]) => [
    ...(RESERVED.has(key) ? [unknownKey(path, key, [])] : []),
    ...unsoundIn(item, text, [...path, key]),
  ]);
}

function unsoundNumber(value: number, text: Located | null, path: Path): Problem[] {
  // The digits as written tell what a number lost; a value set from outside the text is not the one written there.
  const digits = text?.source(path) ?? null;
  const other = digits === null || (Number.isFinite(Number(digits)) && Number(digits) !== value);
  const source = other ? String(value) : digits;
  const shownNumber = source.slice(0, 40);
  if (!Number.isFinite(value)) {
    const what = `${shownNumber} is out of range: a finite number is needed`;
    return [{ code: 'E_CONFIG_RANGE', path, what, hint: 'write an ordinary number' }];
  }
  if (Number.isSafeInteger(value) || !/^[-+]?\d+$/.test(source)) return [];
  const what = `${shownNumber} is out of range: whole numbers are exact up to ${Number.MAX_SAFE_INTEGER} only`;
  return [{ code: 'E_CONFIG_RANGE', path, what, hint: 'write a smaller number' }];
}

/** Where in the data a text stands. */
function findValue(data: unknown, value: string, path: Path): Path | null {
  if (data === value) return path;
  if (typeof data !== 'object' || data === null) return null;
  for (const [key, item] of Object.entries(data)) {
    const found = findValue(item, value, [...path, Array.isArray(data) ? Number(key) : key]);
    if (found !== null) return found;
  }
  return null;
}
