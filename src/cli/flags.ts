// What yargs hands over, as values: numbers are numbers, and nothing is given twice.
// Not here: what the options mean.

import { usageError } from './failure.ts';

/** One command, as yargs takes it; the handler's number is the exit status. */
export interface Command {
  readonly command: string;
  readonly describe: string;
  // biome-ignore lint/suspicious/noExplicitAny: yargs' builder changes its type with each call
  readonly builder: (yargs: any) => any;
  readonly handler: (given: Given) => Promise<number>;
}

export type Given = { readonly [name: string]: unknown };

/** The text of an option or positional; undefined where it is not given. Errors: E_USAGE where it is given twice. */
export function text(given: Given, name: string): string | undefined {
  const value = given[name];
  if (value === undefined) return undefined;
  if (Array.isArray(value)) throw usageError(`--${name} is given twice`, 'give it once');
  return String(value);
}

export function texts(given: Given, name: string): readonly string[] {
  const value = given[name];
  return value === undefined ? [] : (Array.isArray(value) ? value : [value]).map(String);
}

/** A finite number, whole unless `fraction`. Errors: E_USAGE. */
export function number(given: Given, name: string, least: number, fraction = false): number | undefined {
  const written = text(given, name);
  if (written === undefined) return undefined;
  const value = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i.test(written) ? Number(written) : Number.NaN;
  if (Number.isFinite(value) && value >= least && (fraction || Number.isSafeInteger(value))) return value;
  const sort = fraction ? 'a number' : 'a whole number';
  throw usageError(
    `--${name} ${JSON.stringify(written.slice(0, 40))} is not ${sort} of at least ${least}`,
    `write for example --${name} ${Math.max(1, least)}`,
  );
}

export function flag(given: Given, name: string): boolean {
  return given[name] === true;
}

/** Only what is given, so that `undefined` never hides a default. */
export function present<T extends object>(options: { readonly [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}
