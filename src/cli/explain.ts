// forecast explain: what a key, a kind or a code means. Not here: the words (../config/explain.ts).

import { type Command, flag, text } from './flags.ts';
import { writeJson, writeOutput } from './output.ts';

export const command: Command = {
  command: 'explain [key]',
  describe: 'Say what a key or a kind of the config, or the code of an error or a warning, means',
  builder: (yargs) =>
    yargs
      .positional('key', { describe: 'train.epochs, model, lstm-regressor, W_COVERAGE, …', type: 'string' })
      .option('json', { describe: 'Print it as one JSON object', type: 'boolean' })
      .example('$0 explain train.patience', '')
      .example('$0 explain lstm-regressor', '')
      .example('$0 explain E_DATA_TOO_SHORT', ''),
  handler: async (given) => {
    const { explain } = await import('../config/explain.ts');
    const key = text(given, 'key') ?? '';
    const page = explain(key);
    if (flag(given, 'json')) writeJson({ key, text: page });
    else writeOutput(`${page}\n`);
    return 0;
  },
};
