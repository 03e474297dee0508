// forecast run: train, judge and forecast as a config says. Not here: the work (../run.ts).

import { styleText } from 'node:util';
import type { StyledPart } from '../report/paint.ts';
import type { RunEvent, RunOptions, RunOutcome } from '../run.ts';
import { oneLine, usageError } from './failure.ts';
import { type Command, flag, type Given, number, present, text, texts } from './flags.ts';
import { pathArgument, shortPath, terminalWidth, wantsColor, writeJson, writeMessage, writeOutput } from './output.ts';
import { type ProgressView, progressView, SILENT } from './progress.ts';
import { abortOnSignal } from './signals.ts';
import { warningLine } from './warn.ts';

export const command: Command = {
  command: 'run [config]',
  describe: 'Train, judge and forecast as a config says',
  builder: (yargs) =>
    yargs
      .positional('config', {
        describe:
          'A YAML file, a preset, a run folder to replay, or a table (.csv, .tsv, .tsf); with --continue, by default that run’s own',
        type: 'string',
      })
      .options({
        ...RUN_OPTIONS,
        resume: { describe: 'Go on with an interrupted run', type: 'boolean' },
        continue: { describe: 'Start from the weights of a finished run', type: 'string', requiresArg: true },
      })
      .example('$0 run configs/counting.yaml --set train.epochs=50', '')
      .example('$0 run sales.csv --json', ''),
  handler: async (given) => {
    const from = text(given, 'continue');
    const config = text(given, 'config') ?? from;
    if (config === undefined) throw usageError('no config is named', 'forecast run configs/counting.yaml');
    return await told(given, async (options) => {
      const { run } = await import('../run.ts');
      const all = { ...options, ...present<RunOptions>({ resume: flag(given, 'resume'), continueFrom: from }) };
      return await run(config, all);
    });
  },
};

/** The options every command that ends in a run shares. */
export const RUN_OPTIONS = {
  set: { describe: 'Change a key: --set train.epochs=50 (repeatable)', type: 'string', array: true, nargs: 1 },
  seed: { describe: 'Everything random comes from this number', type: 'string', requiresArg: true },
  engine: { describe: 'auto, native, wasm, reference or tensorflow', type: 'string', requiresArg: true },
  out: { describe: 'The run folder (default runs/<name>-<hash>)', type: 'string', requiresArg: true },
  root: { describe: 'Project folder that paths in the config stay inside', type: 'string', requiresArg: true },
  force: { describe: 'Train anew where a complete run stands', type: 'boolean' },
  'allow-outside': { describe: 'Let paths in the config leave the project', type: 'boolean' },
  json: { describe: 'Print the result as one JSON object', type: 'boolean' },
} as const;

/** A run under way and what came of it, shown as the options ask; the exit status. `print`: what is shown in the end. */
export async function told(
  given: Given,
  start: (options: RunOptions) => Promise<RunOutcome>,
  print: (outcome: RunOutcome, given: Given) => Promise<void> = printRun,
): Promise<number> {
  const quiet = flag(given, 'quiet');
  const signal = abortOnSignal(quiet);
  const view = quiet ? SILENT : await progressView(process.stderr, process.env);
  const options = present<RunOptions>({
    set: texts(given, 'set'),
    seed: number(given, 'seed', 0),
    engine: text(given, 'engine'),
    out: text(given, 'out'),
    root: text(given, 'root'),
    force: flag(given, 'force'),
    allowOutside: flag(given, 'allow-outside'),
    signal,
    on: (event) => show(event, view, given.color as boolean | undefined),
  });
  try {
    const outcome = await start(options);
    view.stop();
    await print(outcome, given);
    return 0;
  } finally {
    view.stop();
  }
}

/** Its page or its JSON, and what to do next. Errors: E_GATE where the config asks for more. */
async function printRun(outcome: RunOutcome, given: Given): Promise<void> {
  if (flag(given, 'json')) writeJson(asJson(outcome));
  else writeOutput(`${(await page(outcome, given.color as boolean | undefined)).trimEnd()}\n`);
  if (!flag(given, 'quiet')) for (const line of whatNext(outcome)) writeMessage(line);
  if (outcome.gate) throw outcome.gate;
}

/** Progress, warnings and notes of a run as they come. */
function show(event: RunEvent, view: ProgressView, color: boolean | undefined): void {
  if (event.kind === 'progress') view.update(event.series, event.progress);
  else if (event.kind === 'count') view.count(event.task, event.done, event.of);
  else if (event.kind === 'warning') view.say(warningLine(event.warning, color));
  else view.say(event.kind === 'note' ? oneLine(event.text) : event.text.trimEnd());
}

const STYLES: { readonly [part in StyledPart]?: Parameters<typeof styleText>[0] } = {
  title: 'bold',
  heading: 'bold',
  dim: 'dim',
  winner: 'green',
  forecast: 'cyan',
  verdict: 'bold',
  warning: 'yellow',
};

/** The report as stdout wants it: coloured, and no wider than a terminal; one that was read back as it is stored, or without its chart. */
async function page({ result, picture, text: plain, stored }: RunOutcome, color: boolean | undefined): Promise<string> {
  const [{ renderTerminal }, { WIDTH }] = await Promise.all([
    import('../report/terminal.ts'),
    import('../report/paint.ts'),
  ]);
  const width = terminalWidth() ?? WIDTH;
  if (stored) return width >= WIDTH ? plain : renderTerminal(result, null, undefined, width);
  const colored = wantsColor(color, process.env, process.stdout.isTTY === true);
  if (!colored && width >= WIDTH) return plain;
  const painted = (part: StyledPart, words: string): string => {
    const style = STYLES[part];
    return style === undefined ? words : styleText(style, words, { validateStream: false });
  };
  return renderTerminal(result, picture, colored ? painted : undefined, width);
}

/** The result, and what differs from run to run. */
function asJson({ result, host, folder, stored }: RunOutcome): object {
  const { seconds, finished, host: machine } = host;
  return { ...result, fit: { ...result.fit, seconds }, run: shortPath(folder), stored, finished, host: machine };
}

/** Where the run is, and the command one would type next. */
function whatNext({ folder, config, result, stored, report }: RunOutcome): string[] {
  const path = pathArgument(folder);
  // A recorded series goes on, and columns known in advance of it end with the horizon; the calendar does not.
  const { future } = config.source;
  const ends = result.backtest !== null || (Array.isArray(future) && future.length > 0);
  const ahead = ends ? '--data newer.csv' : '--horizon 24';
  const next = result.text.length > 0 ? `forecast generate ${path} --prompt "…"` : `forecast predict ${path} ${ahead}`;
  return [
    ...(stored ? ['already complete: this is the stored result; --force trains anew'] : []),
    `run: ${shortPath(folder)}`,
    ...shipLine(result, path),
    ...(report === null ? [] : [`report: ${shortPath(report)}`]),
    `next: ${next}`,
  ];
}

/** Whose forecast this is, where the verdict names another forecaster. */
function shipLine({ decision: { ship }, fit: { model }, forecast }: RunOutcome['result'], path: string): string[] {
  if (ship === model || forecast.length === 0) return [];
  return [`forecast by: ${model}; by ${ship}: forecast run ${path} --set model=${ship}`];
}
