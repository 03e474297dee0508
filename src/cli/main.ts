#!/usr/bin/env node
// The `forecast` command: arguments in, exit status out. Each command is one file and loads what it needs when it runs.
// Not here: any work (run.ts and beside it), wording of errors (failure.ts).

import { readFileSync } from 'node:fs';
import { CONFIG_FILE, DATA_FILE } from '../sources/endings.ts';
import { command as backtest } from './backtest.ts';
import { command as check } from './check.ts';
import { command as compare } from './compare.ts';
import { command as doctor } from './doctor.ts';
import { command as explain } from './explain.ts';
import { command as exportRun } from './export.ts';
import { asKey, failure, usage, usageError } from './failure.ts';
import type { Command, Given } from './flags.ts';
import { command as generate } from './generate.ts';
import { helpText, withNumbers } from './help.ts';
import { command as importModel } from './import.ts';
import { command as init } from './init.ts';
import { command as inspect } from './inspect.ts';
import { closeOutput, writeOutput } from './output.ts';
import { command as predict } from './predict.ts';
import { command as presets } from './presets.ts';
import { command as report } from './report.ts';
import { command as run } from './run.ts';
import { command as schema } from './schema.ts';

const COMMANDS = [
  run,
  predict,
  backtest,
  check,
  generate,
  compare,
  report,
  exportRun,
  importModel,
  inspect,
  init,
  presets,
  explain,
  schema,
  doctor,
];

const SWITCHES: ReadonlySet<string> = new Set([
  '-q',
  '--quiet',
  '--color',
  '--no-color',
  '--debug',
  '--json',
  '--force',
  '--resume',
]);

/** Leaves the parser with what a command is to do: after a handler that returns it renders help nobody asked for, in some 30 ms. */
class Chosen extends Error {
  readonly work: () => Promise<number>;
  constructor(work: () => Promise<number>) {
    super();
    this.work = work;
  }
}

/** Runs one command line; the exit status. */
async function main(argv: readonly string[]): Promise<number> {
  if (argv.length === 1 && (argv[0] === '--help' || argv[0] === '-h')) {
    writeOutput(helpText(COMMANDS));
    return 0;
  }
  const args = withCommand(withoutDashes(argv));
  const choose =
    (command: Command) =>
    (given: Given): never => {
      throw new Chosen(() => command.handler(given));
    };
  try {
    requireFolder();
    const { default: yargs } = await import('yargs');
    const parser = yargs([...args])
      .scriptName('forecast')
      .locale('en')
      .usage('$0 <command>\n\nForecasts a series, or continues a text, as one YAML file says.')
      .command(COMMANDS.map((command) => ({ ...command, handler: choose(command) })))
      .completion('completion', 'Print a completion script for bash or zsh')
      .parserConfiguration({
        'dot-notation': false,
        'greedy-arrays': false,
        'parse-numbers': false,
        'parse-positional-numbers': false,
      })
      .options({
        quiet: { alias: 'q', type: 'boolean', describe: 'No progress, no notes; errors only', group: 'Everywhere:' },
        color: { type: 'boolean', describe: 'Colour; --no-color switches it off', group: 'Everywhere:' },
        debug: { type: 'boolean', describe: 'Show where an error was thrown', group: 'Everywhere:' },
      })
      .help('help', 'Show help', true)
      .alias('help', 'h')
      .group(['help', 'version'], 'Everywhere:')
      .version(version())
      .demandCommand(1, 'no command')
      .strict()
      .wrap(Math.min(100, process.stdout.columns ?? 100))
      .exitProcess(false)
      .showHelpOnFail(false)
      .fail((message, error) => {
        throw error === undefined || error.name === 'YError'
          ? usage(message ?? error?.message ?? '', args, COMMANDS)
          : error;
      });
    await parser.parseAsync(args, {}, (_error: unknown, _given: unknown, output: string) => {
      if (output !== '') writeOutput(`${withNumbers(output)}\n`);
    });
    return 0;
  } catch (error) {
    return error instanceof Chosen
      ? await statusOf(error.work, args)
      : failure(await asKey(error, args, COMMANDS), args);
  }
}

/** Paths are relative to the current folder, and another program may have removed it. Errors: E_USAGE. */
function requireFolder(): void {
  try {
    process.cwd();
  } catch {
    throw usageError('the current folder is not there any more', 'cd to one that is');
  }
}

async function statusOf(work: () => Promise<number>, args: readonly string[]): Promise<number> {
  try {
    return await work();
  } catch (error) {
    return failure(error, args);
  }
}

/** What stands after `--` are names, whatever they begin with. */
function withoutDashes(argv: readonly string[]): readonly string[] {
  const at = argv.indexOf('--');
  if (at < 0) return argv;
  return [...argv.slice(0, at), ...argv.slice(at + 1).map((name) => (name.startsWith('-') ? `./${name}` : name))];
}

/** `forecast data.csv` and `forecast config.yaml` are `forecast run …`; only switches may stand before the file. */
function withCommand(argv: readonly string[]): readonly string[] {
  const first = argv.find((argument) => !SWITCHES.has(argument));
  const file = first !== undefined && (DATA_FILE.test(first) || CONFIG_FILE.test(first));
  return file && !first.startsWith('-') ? ['run', ...argv] : argv;
}

function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return String((JSON.parse(text) as { version: unknown }).version);
}

const status = await main(process.argv.slice(2));
process.exit((await closeOutput()) ?? status);
