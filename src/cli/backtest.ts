// forecast backtest: rolling origins of a config's model and its baselines, fold by fold and step by step. Not here: the work (../run.ts).

import type { BacktestReport } from '../report/result.ts';
import type { RunOptions } from '../run.ts';
import { usageError } from './failure.ts';
import { type Command, flag, number, present, text, texts } from './flags.ts';
import { shortPath, writeJson, writeMessage, writeOutput } from './output.ts';
import { progressView, SILENT } from './progress.ts';
import { show } from './run.ts';
import { abortOnSignal } from './signals.ts';

export const command: Command = {
  command: 'backtest <config>',
  describe: 'Judge a config at rolling origins, everything fitted anew at each',
  builder: (yargs) =>
    yargs
      .positional('config', { describe: 'A YAML file, a preset, or a table (.csv, .tsv, .tsf)', type: 'string' })
      .options({
        folds: {
          describe: `Times everything is fitted anew (default: the config’s, else 5, or as many as fit)`,
          type: 'string',
          requiresArg: true,
        },
        step: { describe: 'Rows from one fold to the next', type: 'string', requiresArg: true },
        stride: { describe: 'Rows between two forecasts inside a fold', type: 'string', requiresArg: true },
        history: { describe: 'Newest rows a fold is fitted on (default all)', type: 'string', requiresArg: true },
        set: { describe: 'Change a key: --set train.epochs=50 (repeatable)', type: 'string', array: true, nargs: 1 },
        seed: { describe: 'Everything random comes from this number', type: 'string', requiresArg: true },
        engine: { describe: 'auto, native, wasm, reference or tensorflow', type: 'string', requiresArg: true },
        out: { describe: 'The run folder (default runs/<name>-<hash>)', type: 'string', requiresArg: true },
        root: { describe: 'Project folder that paths in the config stay inside', type: 'string', requiresArg: true },
        resume: { describe: 'Go on with an interrupted backtest', type: 'boolean' },
        force: { describe: 'Start anew where a complete one stands', type: 'boolean' },
        'allow-outside': { describe: 'Let paths in the config leave the project', type: 'boolean' },
        json: { describe: 'Print the backtest as one JSON object', type: 'boolean' },
      })
      .example('$0 backtest configs/air-passengers.yaml --folds 8 --step 6', '')
      .example('$0 backtest sales.csv --json', ''),
  handler: async (given) => {
    const quiet = flag(given, 'quiet');
    const view = quiet ? SILENT : await progressView(process.stderr, process.env);
    const walk = (['folds', 'step', 'stride', 'history'] as const).flatMap((key) => {
      const value = number(given, key, key === 'history' ? 2 : 1);
      return value === undefined ? [] : [`evaluate.${key}=${value}`];
    });
    const options = present<RunOptions>({
      set: [...(texts(given, 'set') ?? []), ...walk],
      seed: number(given, 'seed', 0),
      engine: text(given, 'engine'),
      out: text(given, 'out'),
      root: text(given, 'root'),
      resume: flag(given, 'resume'),
      force: flag(given, 'force'),
      allowOutside: flag(given, 'allow-outside'),
      walk: true,
      signal: abortOnSignal(quiet),
      on: (event) => show(event, view, given.color as boolean | undefined),
    });
    const config = text(given, 'config');
    if (config === undefined) throw usageError('no config is named', 'forecast backtest configs/air-passengers.yaml');
    const { inputOf } = await import('../init.ts');
    const { run } = await import('../run.ts');
    const { renderBacktest } = await import('../report/backtest.ts');
    try {
      const { result, folder } = await run(await inputOf(config, options), options);
      view.stop();
      const judged = { ...result, backtest: result.backtest as BacktestReport };
      if (flag(given, 'json')) writeJson({ ...judged.backtest, decision: result.decision, verdict: result.verdict });
      else writeOutput(`${renderBacktest(judged)}\n`);
      if (!quiet) writeMessage(`run: ${shortPath(folder)}`);
      return 0;
    } finally {
      view.stop();
    }
  },
};
