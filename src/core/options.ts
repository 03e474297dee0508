// What callers without a compiler get wrong: an option nobody knows would be left out in silence, a wrong sort would fail far from here.
// In: what a function of the API was given, and the sorts it takes. Out: nothing, or E_USAGE. Not here: ranges (config/).

import { ForecastError } from './errors.ts';
import { nearest } from './nearest.ts';

/** What an option may be. */
type Sort = 'text' | 'texts' | 'number' | 'flag' | 'function' | 'signal' | 'run';

const SORTS: { readonly [sort in Sort]: { readonly called: string; readonly fits: (value: unknown) => boolean } } = {
  text: { called: 'a text', fits: (value) => typeof value === 'string' },
  texts: {
    called: 'a list of texts',
    fits: (value) => Array.isArray(value) && value.every((item) => typeof item === 'string'),
  },
  number: { called: 'a number', fits: (value) => typeof value === 'number' },
  flag: { called: 'true or false', fits: (value) => typeof value === 'boolean' },
  function: { called: 'a function', fits: (value) => typeof value === 'function' },
  signal: { called: 'an AbortSignal', fits: (value) => typeof (value as AbortSignal | null)?.aborted === 'boolean' },
  run: { called: 'a run folder', fits: (value) => typeof value === 'string' || (typeof value === 'object' && !!value) },
};

/** The sort of every option: the compiler asks for the ones that are missing. */
export type Sorts<Options> = { readonly [option in keyof Required<Options>]: Sort };

/** Errors: E_USAGE naming the function and the option that it does not know, or that is of another sort; undefined is not given. */
export function checkOptions<Options>(caller: string, options: Options, sorts: Sorts<Options>): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw wrong(caller, `the options are an object, got ${shown(options)}`, `it takes ${list(sorts)}`);
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    const sort = Object.hasOwn(sorts, name) ? SORTS[sorts[name as keyof Options]] : undefined;
    if (!sort) {
      const guess = nearest(name, Object.keys(sorts));
      const hint = guess === null ? `it takes ${list(sorts)}` : `did you mean ${guess}? it takes ${list(sorts)}`;
      throw wrong(caller, `no option is called ${JSON.stringify(name.slice(0, 40))}`, hint);
    }
    if (!sort.fits(value)) throw wrong(caller, `${name} is ${sort.called}, got ${shown(value)}`);
  }
}

/** Errors: E_USAGE where `path` is no text. */
export function checkPath(caller: string, what: string, path: unknown): void {
  if (typeof path !== 'string') throw wrong(caller, `${what} is named by its path, got ${shown(path)}`);
}

/** Errors: E_USAGE where `folders` are no list of texts. */
export function checkRuns(caller: string, folders: unknown): void {
  if (!Array.isArray(folders)) throw wrong(caller, `runs are a list of folders, got ${shown(folders)}`);
  for (const folder of folders) checkPath(caller, 'a run', folder);
}

function wrong(caller: string, what: string, hint?: string): ForecastError {
  return new ForecastError('E_USAGE', what, { where: `${caller}()`, ...(hint === undefined ? {} : { hint }) });
}

function list(sorts: object): string {
  return Object.keys(sorts).join(', ');
}

/** What was given, in a few words. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40));
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  return typeof value === 'function' ? 'a function' : String(value);
}
