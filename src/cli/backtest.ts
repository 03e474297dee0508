// forecast backtest: rolling origins of a config's model and its baselines, fold by fold and step by step. Not here: the work (../run.ts).

import type { BacktestReport } from '../report/result.ts';
import { usageError } from './failure.ts';
import { type Command, flag, number, text } from './flags.ts';
import { shortPath, writeJson, writeMessage, writeOutput } from './output.ts';
import { RUN_OPTIONS, told } from './run.ts';

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
        ...RUN_OPTIONS,
        resume: { describe: 'Go on with an interrupted backtest', type: 'boolean' },
        force: { describe: 'Start anew where a complete one stands', type: 'boolean' },
        json: { describe: 'Print the backtest as one JSON object', type: 'boolean' },
      })
      .example('$0 backtest configs/air-passengers.yaml --folds 8 --step 6', '')
      .example('$0 backtest sales.csv --json', ''),
  handler: async (given) => {
    const config = text(given, 'config');
    if (config === undefined) throw usageError('no config is named', 'forecast backtest configs/air-passengers.yaml');
    const walk = (['folds', 'step', 'stride', 'history'] as const).flatMap((key) => {
      const value = number(given, key, key === 'history' ? 2 : 1);
      return value === undefined ? [] : [`evaluate.${key}=${value}`];
    });
    const { run } = await import('../run.ts');
    const { renderBacktest } = await import('../report/backtest.ts');
    return await told(
      given,
      async (options) => {
        const set = [...(options.set ?? []), ...walk];
        const all = { ...options, resume: flag(given, 'resume'), set, walk: true };
        return await run(config, all);
      },
      async ({ result, folder }) => {
        const judged = { ...result, backtest: result.backtest as BacktestReport };
        if (flag(given, 'json')) writeJson({ ...judged.backtest, decision: result.decision, verdict: result.verdict });
        else writeOutput(`${renderBacktest(judged)}\n`);
        if (!flag(given, 'quiet')) writeMessage(`run: ${shortPath(folder)}`);
      },
    );
  },
};
