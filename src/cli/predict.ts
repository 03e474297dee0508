// forecast predict: forecasts again from a finished run, from new data where given. Not here: the work (../commands/stored.ts).

import type { PredictOptions } from '../commands/stored.ts';
import { type Command, flag, number, present, text } from './flags.ts';
import { writeJson, writeOutput, writePieces } from './output.ts';
import { warn } from './warn.ts';

export const command: Command = {
  command: 'predict <run>',
  describe: 'Forecast again from a finished run, on new data where given',
  builder: (yargs) =>
    yargs
      .positional('run', { describe: 'A run folder', type: 'string' })
      .options({
        data: { describe: 'A file like the one the run was made on', type: 'string', requiresArg: true },
        horizon: { describe: "Steps ahead (default: the run's own)", type: 'string', requiresArg: true },
        root: {
          describe: "Folder the run's paths are relative to, where it has moved",
          type: 'string',
          requiresArg: true,
        },
        csv: { describe: 'Print the forecast as CSV', type: 'boolean', conflicts: 'json' },
        json: { describe: 'Print the forecast as one JSON object', type: 'boolean' },
      })
      .example('$0 predict runs/counting-1a2b3c4d --horizon 12', '')
      .example('$0 predict runs/sales-1a2b3c4d --data new.csv --csv > forecast.csv', ''),
  handler: async (given) => {
    const [{ predict }, { csvLines }] = await Promise.all([
      import('../commands/stored.ts'),
      import('../report/forecast-csv.ts'),
    ]);
    const options = { data: text(given, 'data'), horizon: number(given, 'horizon', 1), root: text(given, 'root') };
    const outcome = await predict(text(given, 'run') ?? '', present<PredictOptions>(options));
    warn(outcome.warnings, given);
    if (flag(given, 'json')) writeJson({ forecast: outcome.rows, warnings: outcome.warnings });
    else if (flag(given, 'csv')) writePieces(csvLines({ forecast: outcome.rows }));
    else writeOutput(`${outcome.text.trimEnd()}\n`);
    return 0;
  },
};
