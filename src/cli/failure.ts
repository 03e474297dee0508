// Errors as people read them: one line each on stderr, and the exit status of their cause.
// Not here: what went wrong (core/errors.ts and whoever throws).

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { asArgument } from '../core/argument.ts';
import { ForecastError, Interrupted } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import { paint, writeMessage } from './output.ts';
import { interruption } from './signals.ts';

const MOST_CHARACTERS = 500;

/** Tells of a failure; the exit status. A stack trace only with --debug. */
export function failure(error: unknown, args: readonly string[]): number {
  const color = args.includes('--no-color') ? false : args.includes('--color') ? true : undefined;
  if (error instanceof Interrupted) return stopped(args);
  const known = error instanceof ForecastError ? [error, ...error.others] : [bug(error)];
  for (const one of known)
    writeMessage(errorLine(asTyped(one, args)).replace('error[', `${paint('red', 'error', color)}[`));
  if (args.includes('--debug')) writeMessage(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return known[0]!.exit;
}

/** The key of a config that an option stands for is called as it was typed: --horizon, not predict.horizon. */
function asTyped(error: ForecastError, args: readonly string[]): ForecastError {
  const [, key = ''] = /^(?:--set )?(?:predict|evaluate)\.(\w+)$/.exec(error.where ?? '') ?? [];
  const option = `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  if (key === '' || !args.some((argument) => argument.split('=')[0] === option)) return error;
  const { code, message, hint } = error;
  return new ForecastError(code, message, { where: option, hint });
}

/** `forecast: error[E_CODE] where: what. Hint: how to fix`, one line, at most 500 characters, nothing that moves a cursor. */
export function errorLine(error: ForecastError): string {
  const where = error.where === undefined ? '' : ` ${error.where}`;
  const what = error.message.replace(/[.\s]+$/, '');
  const hint = error.hint === undefined || error.hint === '' ? '' : `. Hint: ${error.hint.replace(/\.$/, '')}`;
  return oneLine(`forecast: error[${error.code}]${where}: ${what}${hint}`);
}

/** A text made safe for one line of a terminal: control and invisible direction characters escaped, at most 500 characters. */
export function oneLine(text: string): string {
  const escaped = text.replace(/[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, (character) => {
    if (character === '\n') return '\\n';
    if (character === '\t') return '\\t';
    const code = character.codePointAt(0)!;
    return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
  const characters = [...escaped];
  return characters.length <= MOST_CHARACTERS ? escaped : `${characters.slice(0, MOST_CHARACTERS - 1).join('')}…`;
}

function bug(error: unknown): ForecastError {
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new ForecastError('E_BUG', message, {
    hint: 'this is our mistake: please report it with the output of the same command and --debug',
    cause: error,
  });
}

function stopped(args: readonly string[]): number {
  const { name, status } = interruption();
  const again = args.filter((argument) => argument !== '--force' && argument !== '--resume');
  const typed = [...again.map((argument) => asArgument(argument)), '--resume'].join(' ');
  writeMessage(oneLine(`forecast: stopped by ${name}; resume with: forecast ${typed}`));
  return status;
}

/** What is wrong with a command line, with the nearest known word. */
export function usage(message: string, args: readonly string[], commands: readonly Declared[]): ForecastError {
  const names = [...commands.map((entry) => entry.command.split(' ')[0]!), 'completion'];
  const wrong = /^Unknown (arguments?|commands?): (.*)$/s.exec(message);
  if (message === 'no command' && args.length === 0)
    return usageError('no command given', 'forecast --help lists the commands');
  const bare = /^Not enough arguments following: (\S+)/.exec(message)?.[1];
  if (bare !== undefined)
    return usageError(`--${bare} needs a value`, `one that begins with a dash is written --${bare}=-x`);
  const word = wrong?.[2]?.split(', ')[0] ?? args.find((argument) => !argument.startsWith('-')) ?? '';
  const isFlag = args.some(
    (argument) => argument.startsWith('-') && argument.replace(/^-+/, '').split('=')[0] === word,
  );
  const first = args.find((argument) => !argument.startsWith('-')) ?? '';
  if (first !== '' && !names.includes(first)) return unknownCommand(first, names);
  if (wrong !== null && isFlag) return unknownOption(word, args, commands);
  if (wrong !== null || message === 'no command') {
    if (first === '') return usageError('no command given', 'forecast --help lists the commands');
    const one = commands.find(({ command }) => command === `${first} <run>`) !== undefined;
    const hint = one ? oneRun(word, args) : 'add --help to see what the command takes';
    return usageError(`unexpected ${JSON.stringify(word)}`, hint);
  }
  if (/^Not enough non-option arguments/.test(message)) {
    return usageError('something is missing after the command', `forecast ${args[0] ?? ''} --help shows what it takes`);
  }
  return usageError(message.replace(/\s+/g, ' '), 'add --help to see the options');
}

/** A pattern of the shell fits the folder of an export too, which is named after its run. */
function oneRun(word: string, args: readonly string[]): string {
  const run = args.find((argument) => /./.test(argument) && word.startsWith(`${argument}-`));
  if (run === undefined || !existsSync(join(word, 'manifest.json')) || existsSync(join(word, 'run.json')))
    return 'it takes one run: where a pattern fits several, name one';
  return `that is an exported model: name the run alone, ${run}`;
}

function unknownCommand(word: string, names: readonly string[]): ForecastError {
  const guess = nearest(word, names);
  const file = /[./\\]/.test(word);
  const otherwise = file
    ? 'a table ends in .csv, .tsv or .tsf, a config in .yaml'
    : 'forecast --help lists the commands';
  const hint = guess === null ? otherwise : `did you mean forecast ${guess}?`;
  return usageError(`unknown command ${JSON.stringify(word)}`, hint);
}

/** An option the command does not take; its own are suggested, or those of all where no command is known. */
function unknownOption(word: string, args: readonly string[], commands: readonly Declared[]): ForecastError {
  const first = args.find((argument) => !argument.startsWith('-')) ?? '';
  const command = commands.find((entry) => entry.command.split(' ')[0] === first);
  const known = [...EVERYWHERE, ...new Set((command === undefined ? commands : [command]).flatMap(optionsOf))];
  const flag = word.length === 1 ? `-${word}` : `--${word}`;
  const elsewhere = command !== undefined && commands.some((entry) => optionsOf(entry).includes(word));
  if (elsewhere) return usageError(`${first} has no option ${flag}`, `forecast ${first} --help shows what it takes`);
  const guess = nearest(word, known);
  return usageError(
    `unknown option ${flag}`,
    guess === null
      ? 'add --help to see the options; keys of a config are changed by --set train.epochs=50'
      : `did you mean --${guess}?`,
  );
}

/** An option that is the last word of a key, of a command that takes keys, answered with that key; any other error as it is. */
export async function asKey(error: unknown, args: readonly string[], commands: readonly Declared[]): Promise<unknown> {
  if (!(error instanceof ForecastError) || error.code !== 'E_USAGE') return error;
  const word = /^(?:\w+ has no|unknown) option --(\w+)$/.exec(error.message)?.[1];
  const first = args.find((argument) => !argument.startsWith('-'));
  const command = commands.find((entry) => entry.command.split(' ')[0] === first);
  if (word === undefined || command === undefined || !optionsOf(command).includes('set')) return error;
  const { keysEndingIn } = await import('../config/explain.ts');
  const keys = keysEndingIn(word);
  const key = keys.find((one) => one.startsWith('predict.')) ?? keys[0];
  if (key === undefined) return error;
  return usageError(`${first} has no option --${word}`, `it is a key of the config: --set ${key}=…`);
}

export function usageError(what: string, hint: string): ForecastError {
  return new ForecastError('E_USAGE', what, { hint });
}

const EVERYWHERE = ['quiet', 'color', 'no-color', 'debug', 'help', 'version'] as const;

/** The long options a command declares: its builder is handed a stand-in that notes their names. */
function optionsOf(command: Declared): readonly string[] {
  const names: string[] = [];
  const note: Noting = {
    positional: () => note,
    example: () => note,
    option: (name) => {
      names.push(name);
      return note;
    },
    options: (options) => {
      names.push(...Object.keys(options));
      return note;
    },
  };
  command.builder(note as never);
  return names;
}

/** What of a command a mistaken line is held against. */
interface Declared {
  readonly command: string;
  readonly builder: (yargs: never) => unknown;
}

interface Noting {
  readonly positional: () => Noting;
  readonly example: () => Noting;
  readonly option: (name: string) => Noting;
  readonly options: (options: object) => Noting;
}
