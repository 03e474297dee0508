// What zod found wrong, in a person's words: code, key, what is allowed and what was meant instead.
// In: zod issues and the data they were found in. Out: problems with a path. Not here: lines and columns (load.ts).

import type { z } from 'zod';
import { ERRORS, type ErrorCode } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import type { Path } from './yaml.ts';

export interface Problem {
  readonly code: ErrorCode;
  readonly path: Path;
  /** A key inside the object at `path` that is itself the problem. */
  readonly key?: string;
  /** The key that `key` probably stands for. */
  readonly meant?: string;
  readonly what: string;
  readonly hint: string;
}

type Issue = z.core.$ZodIssue;

/** Object keys that mean something to the language and never to a config. */
export const RESERVED: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** Every problem of `issues`; `known` answers which keys the object at a path may have. */
export function problemsOf(
  issues: readonly Issue[],
  data: unknown,
  known: (path: Path) => readonly string[],
): Problem[] {
  const problems = issues.flatMap((issue) => problemOf(issue, data, known));
  // A misspelt key is told once, not also as the missing key it stands for.
  const meant = new Set(problems.flatMap((p) => (p.meant === undefined ? [] : [[...p.path, p.meant].join('.')])));
  return problems.filter((p) => p.code !== 'E_CONFIG_MISSING' || !meant.has(p.path.join('.')));
}

function problemOf(issue: Issue, data: unknown, known: (path: Path) => readonly string[]): Problem[] {
  const path = issue.path as Path;
  const value = valueAt(data, path);
  switch (issue.code) {
    case 'unrecognized_keys': {
      const allowed = known(path);
      const own = issue.keys.filter((key) => !RESERVED.has(key));
      return own.map((key) => misplaced(path, key, known) ?? unknownKey(path, key, allowed));
    }
    case 'invalid_type':
      if (value === undefined) return [missing(path)];
      return [mistyped(path, wordFor(issue.expected), value)];
    case 'too_small':
      return [outOfRange(path, value, atLeast(issue), ownMessage(issue))];
    case 'too_big':
      return [outOfRange(path, value, atMost(issue))];
    case 'not_multiple_of':
      return [outOfRange(path, value, `a multiple of ${issue.divisor}`)];
    case 'invalid_value':
      return [notListed(path, value, issue.values.map(String), reasonOf(issue))];
    case 'invalid_format':
      return [outOfRange(path, value, issue.message)];
    case 'invalid_union':
      return fromUnion(issue, data, known);
    case 'custom':
      return [custom(issue, path, value)];
    default:
      return [{ code: 'E_CONFIG_TYPE', path, what: issue.message, hint: explainHint(path) }];
  }
}

export function unknownKey(path: Path, key: string, allowed: readonly string[]): Problem {
  const guess = nearest(key, allowed);
  const list = allowed.length === 0 ? '' : `known keys: ${clip(allowed.join(', '), 200)}`;
  const hint = guess === null ? list || 'remove it' : `did you mean ${JSON.stringify(guess)}?`;
  return {
    code: 'E_CONFIG_UNKNOWN_KEY',
    path,
    key,
    what: 'unknown key',
    hint,
    ...(guess === null ? {} : { meant: guess }),
  };
}

/** A key of a section that stands beside the sections, as where its indentation is lost; null for any other. */
function misplaced(path: Path, key: string, known: (path: Path) => readonly string[]): Problem | null {
  const sections = path.length > 0 ? [] : known([]).filter((section) => known([section]).includes(key));
  if (sections.length === 0) return null;
  const hint = `write it inside ${sections.join(' or ')}: ${sections.map((section) => `${section}.${key}`).join(' or ')}`;
  return { code: 'E_CONFIG_UNKNOWN_KEY', path, key, what: 'unknown key', hint };
}

function missing(path: Path): Problem {
  return { code: 'E_CONFIG_MISSING', path, what: 'is missing', hint: explainHint(path) };
}

function mistyped(path: Path, expected: string, value: unknown): Problem {
  const what = `expected ${expected}, got ${shown(value)}`;
  return { code: 'E_CONFIG_TYPE', path, what, hint: typeHint(expected, value) ?? explainHint(path) };
}

/** How the value may have been meant. */
function typeHint(expected: string, value: unknown): string | null {
  if (typeof value === 'string' && /number/.test(expected) && value.trim() !== '' && Number.isFinite(Number(value))) {
    return 'remove the quotes';
  }
  if (expected === 'true or false') return 'write true or false, without quotes';
  if (expected === 'a list' && (typeof value === 'string' || typeof value === 'number'))
    return `write [${shown(value)}]`;
  return null;
}

function outOfRange(path: Path, value: unknown, allowed: string, hint: string | null = null): Problem {
  const what = `${shown(value)} is out of range: ${allowed}`;
  return { code: 'E_CONFIG_RANGE', path, what, hint: hint ?? explainHint(path) };
}

/** What a schema says itself to somebody below its bound; null where it says nothing of its own. */
function ownMessage({ message }: Pick<Issue, 'message'>): string | null {
  return message.startsWith('Too small') ? null : message;
}

/** Why a schema refuses a word that one might well expect to be listed; null where it says nothing of its own. */
function reasonOf({ code, message }: Pick<Issue, 'code' | 'message'>): string | null {
  const listing = code === 'invalid_value' || code === 'invalid_union';
  return !listing || /^Invalid /.test(message) ? null : message;
}

function notListed(path: Path, value: unknown, allowed: readonly string[], reason: string | null): Problem {
  if (value === undefined) return missing(path);
  const list = `one of ${clip(allowed.join(', '), 260)}`;
  if (reason !== null) return { code: 'E_CONFIG_CONFLICT', path, what: reason, hint: list };
  const isKind = path.at(-1) === 'kind';
  const guess = typeof value === 'string' ? nearest(value, allowed) : null;
  return {
    code: isKind ? 'E_CONFIG_UNKNOWN_KIND' : typeof value === 'string' ? 'E_CONFIG_RANGE' : 'E_CONFIG_TYPE',
    path,
    what: isKind ? `unknown kind ${shown(value)}` : `${shown(value)} is not allowed`,
    hint: guess === null ? list : `did you mean ${JSON.stringify(guess)}? ${list}`,
  };
}

/** A union without a match: the discriminator's own message, or the issues of the branch that came closest. */
function fromUnion(
  issue: z.core.$ZodIssueInvalidUnion,
  data: unknown,
  known: (path: Path) => readonly string[],
): Problem[] {
  const path = issue.path as Path;
  const value = valueAt(data, path);
  if (issue.discriminator !== undefined && 'options' in issue && issue.options !== undefined) {
    // zod puts the discriminator's key at the end of the path.
    return [notListed(path, value, issue.options.map(String), reasonOf(issue))];
  }
  if (value === undefined) return [missing(path)];
  const branches = issue.errors.map((branch) =>
    branch.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }) as Issue),
  );
  const deep = branches.filter((branch) => !branch.some((inner) => isMismatch(inner, path.length)));
  const closest = (deep.length > 0 ? deep : []).sort((a, b) => a.length - b.length)[0];
  if (closest !== undefined) return problemsOf(closest, data, known);
  const here = branches.flatMap((branch) => branch.filter((inner) => inner.path.length === path.length));
  const listed = here.flatMap((inner) => (inner.code === 'invalid_value' ? inner.values : []));
  const sorts = here.flatMap((inner) => (inner.code === 'invalid_type' ? [inner.expected] : []));
  const kinds = sorts.includes('object');
  if (typeof value === 'string' && listed.length > 0 && sorts.every((sort) => sort === 'object' || sort === 'null')) {
    const reason = here.map(reasonOf).find((own) => own !== null) ?? null;
    const problem = notListed(path, value, listed.map(String), reason);
    return [kinds && reason === null ? { ...problem, code: 'E_CONFIG_UNKNOWN_KIND' } : problem];
  }
  const words = [...new Set([...sorts.map(wordFor), ...listed.map((word) => JSON.stringify(word))])];
  return [mistyped(path, words.length === 0 ? 'something else' : words.join(' or '), value)];
}

/** Whether a branch of a union is simply another sort of value, or another kind. */
function isMismatch(issue: Issue, depth: number): boolean {
  if (issue.path.length === depth) return issue.code === 'invalid_type' || issue.code === 'invalid_value';
  return issue.path.length === depth + 1 && issue.path.at(-1) === 'kind' && issue.code === 'invalid_value';
}

function custom(issue: z.core.$ZodIssueCustom, path: Path, value: unknown): Problem {
  const asked: unknown = issue.params?.code;
  const code = typeof asked === 'string' && asked in ERRORS ? (asked as ErrorCode) : 'E_CONFIG_CONFLICT';
  if (code === 'E_CONFIG_RANGE') return outOfRange(path, value, issue.message);
  const hint: unknown = issue.params?.hint;
  return { code, path, what: issue.message, hint: typeof hint === 'string' ? hint : explainHint(path) };
}

function atLeast(issue: z.core.$ZodIssueTooSmall): string {
  const bound = String(issue.minimum);
  if (issue.origin === 'array') return `at least ${bound} ${bound === '1' ? 'entry' : 'entries'}`;
  if (issue.origin === 'string') return `at least ${bound} character${bound === '1' ? '' : 's'}`;
  return issue.inclusive === false ? `must be greater than ${bound}` : `at least ${bound}`;
}

function atMost(issue: z.core.$ZodIssueTooBig): string {
  const bound = String(issue.maximum);
  if (issue.origin === 'array') return `at most ${bound} entries`;
  if (issue.origin === 'string') return `at most ${bound} characters`;
  return issue.inclusive === false ? `must be less than ${bound}` : `at most ${bound}`;
}

function wordFor(expected: string): string {
  const words: Record<string, string> = {
    int: 'a whole number',
    number: 'a number',
    string: 'text',
    boolean: 'true or false',
    array: 'a list',
    object: 'keys and values',
    null: 'null',
  };
  return words[expected] ?? expected;
}

/** A value as it may be shown: short, quoted, without the credentials of an address. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (value !== null && typeof value === 'object') return 'keys and values';
  if (typeof value === 'string') return JSON.stringify(clip(maskCredentials(value), 40));
  return String(value);
}

export function maskCredentials(text: string): string {
  return text.replace(/\/\/[^/@\s]*@/g, '//***@');
}

function clip(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length)}…`;
}

function explainHint(path: Path): string {
  const key = path.filter((segment) => typeof segment === 'string').join('.');
  return key === '' ? '`forecast explain` lists the keys' : `\`forecast explain ${clip(key, 60)}\` says what it may be`;
}

export function valueAt(data: unknown, path: Path): unknown {
  let value = data;
  for (const segment of path) {
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, segment)) return undefined;
    value = (value as Record<string | number, unknown>)[segment];
  }
  return value;
}
