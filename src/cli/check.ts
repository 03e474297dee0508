// forecast check: holds a finished run's forecast against what came since. Not here: the work (../commands/check.ts).

import { ForecastError } from '../core/errors.ts';
import { usageError } from './failure.ts';
import { type Command, flag, text } from './flags.ts';
import { writeJson, writeOutput } from './output.ts';
import { warn } from './warn.ts';

export const command: Command = {
  command: 'check <run>',
  describe: 'Hold a forecast against what came: did its intervals hold, is a refit due',
  builder: (yargs) =>
    yargs
      .positional('run', { describe: 'A run folder', type: 'string' })
      .options({
        data: {
          describe: 'A table of what came: the columns of the run, rows before the forecast are fine',
          type: 'string',
          requiresArg: true,
        },
        require: { describe: 'Exit with status 9 where a refit is due', type: 'boolean' },
        json: { describe: 'Print the check as one JSON object', type: 'boolean' },
      })
      .example('$0 check runs/sales-1a2b3c4d --data newer.csv', '')
      .example('$0 check runs/sales-1a2b3c4d --data newer.csv --require --json', ''),
  handler: async (given) => {
    const data = text(given, 'data');
    if (data === undefined) throw usageError('no table of what came is named', 'add --data actuals.csv');
    const { check } = await import('../commands/check.ts');
    const run = text(given, 'run') ?? '';
    const { report, text: page, warnings } = await check(run, { data });
    warn(warnings, given);
    if (flag(given, 'json')) writeJson({ ...report, warnings });
    else writeOutput(`${page}\n`);
    if (flag(given, 'require') && report.status === 'refit-due') {
      throw new ForecastError('E_GATE', report.sentence, { where: run, hint: 'run the config again on all rows' });
    }
    return 0;
  },
};
