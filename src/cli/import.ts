// forecast import: takes a model trained elsewhere in the place of training. Not here: the work (../commands/import.ts).

import type { ImportOptions } from '../commands/import.ts';
import { usageError } from './failure.ts';
import { type Command, text } from './flags.ts';
import { RUN_OPTIONS, told } from './run.ts';

export const command: Command = {
  command: 'import <model>',
  describe: 'Judge and use a TensorFlow.js layers model as if it were trained here',
  builder: (yargs) =>
    yargs
      .positional('model', { describe: 'A model.json, or the folder it stands in', type: 'string' })
      .options({
        config: {
          describe:
            'The config it was trained for: source, split, encoder, window; its layers and weights replace model and train',
          type: 'string',
          requiresArg: true,
        },
        ...RUN_OPTIONS,
        force: { describe: 'Begin anew where a complete run stands', type: 'boolean' },
      })
      .example('$0 import keras/model.json --config configs/counting.yaml', '')
      .example('$0 run --continue runs/counting-1a2b3c4d', 'trains an imported model on'),
  handler: async (given) => {
    const config = text(given, 'config');
    if (config === undefined)
      throw usageError('no config is named', 'add --config configs/x.yaml: it tells of data, encoder and window');
    return await told(given, async (options) => {
      const { importModel } = await import('../commands/import.ts');
      return await importModel(text(given, 'model') ?? '', config, options as ImportOptions);
    });
  },
};
