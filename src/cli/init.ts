// forecast init: writes a config to start from. Not here: the work (../commands/init.ts).

import type { InitOptions } from '../commands/init.ts';
import { type Command, flag, present, text, texts } from './flags.ts';
import { pathArgument, shortPath, writeJson, writeMessage, writeOutput } from './output.ts';
import { endInSpite } from './signals.ts';

export const command: Command = {
  command: 'init [from]',
  describe: 'Write a config to start from: a preset, or one made for your table',
  builder: (yargs) =>
    yargs
      .positional('from', { describe: 'A preset (forecast presets) or a table (.csv, .tsv, .tsf)', type: 'string' })
      .options({
        out: {
          describe: 'The file to write (default: named after what it is made from)',
          type: 'string',
          requiresArg: true,
        },
        set: { describe: 'For a table: --set source.target=sales (repeatable)', type: 'string', array: true, nargs: 1 },
        json: { describe: 'Print the files written as one JSON object', type: 'boolean' },
      })
      .example('$0 init air-passengers', '')
      .example('$0 init sales.csv', ''),
  handler: async (given) => {
    const { init } = await import('../commands/init.ts');
    endInSpite();
    const options = { out: text(given, 'out'), set: texts(given, 'set') };
    const { files } = await init(text(given, 'from'), present<InitOptions>(options));
    if (flag(given, 'json')) writeJson({ files: files.map(shortPath) });
    else writeOutput(files.map((file) => `${shortPath(file)}\n`).join(''));
    if (!flag(given, 'quiet')) writeMessage(`next: forecast run ${pathArgument(files[0]!)}`);
    return 0;
  },
};
