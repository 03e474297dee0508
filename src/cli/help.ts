// The first page of help, laid out without the argument parser: it is read before anything else, so it must be there at once.
// In: the commands. Out: text. Not here: a command's own help (yargs lays that out).

import type { Command } from './flags.ts';

const EXAMPLES: readonly (readonly [string, string])[] = [
  ['forecast run configs/counting.yaml', 'train, judge and forecast'],
  ['forecast data.csv', 'the same for a table, settings inferred'],
  ['forecast predict runs/counting-1a2b3c4d', 'forecast again from a finished run'],
];

const EVERYWHERE: readonly (readonly [string, string])[] = [
  ['-q, --quiet', 'No progress, no notes; errors only'],
  ['    --color', 'Colour; --no-color switches it off'],
  ['    --debug', 'Show where an error was thrown'],
  ['-h, --help', 'Show help; after a command, its own'],
  ['    --version', 'Show the version'],
];

/** What `forecast --help` shows. */
export function helpText(commands: readonly Command[]): string {
  const rows = commands.map(({ command, describe }) => [`forecast ${command}`, describe] as const);
  const completion = ['forecast completion', 'Print a completion script for bash or zsh'] as const;
  return [
    'forecast <command>',
    '',
    'Forecasts a series, or continues a text, as one YAML file says.',
    '',
    'Commands:',
    ...columns([...rows, completion]),
    '',
    'Everywhere:',
    ...columns(EVERYWHERE),
    '',
    'Examples:',
    ...columns(EXAMPLES),
    '',
    ...wrapped(
      'Exit: 0 ok, 1 our bug, 2 usage or config, 3 data, 4 numbers, 5 output, 6 busy, 7 run folder, 9 gate.',
      WIDTH,
    ),
    '',
  ].join('\n');
}

const WIDTH = 80;

/** What it is at the left, what it does beside it, in as many lines as a terminal needs. */
function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length)) + 4;
  return rows.flatMap(([left, right]) =>
    wrapped(right, WIDTH - width).map((line, i) => `${(i === 0 ? `  ${left}` : '').padEnd(width)}${line}`),
  );
}

/** Words on lines of so many characters; a program that only shows its help loads no more than this file. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line === undefined || line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines;
}

/** Options whose text is a number: the parser is to leave them as they were typed, for messages to show. */
const NUMBERS: readonly string[] = [
  ...['seed', 'horizon', 'folds', 'step', 'stride', 'history'],
  ...['length', 'temperature', 'top-k', 'top-p', 'repetition'],
];

/** A command's help with numbers called numbers. */
export function withNumbers(help: string): string {
  const entry = new RegExp(`^ +--(?:${NUMBERS.join('|')}) (?:.|\\n {20})*?\\[string\\]`, 'gm');
  return help.replace(entry, (found) => found.replace('[string]', '[number]'));
}
