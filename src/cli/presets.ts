// forecast presets: the configs that come with the program. Not here: reading them (../config/presets.ts).

import { type Command, flag } from './flags.ts';
import { shortPath, writeJson, writeOutput } from './output.ts';

export const command: Command = {
  command: 'presets',
  describe: 'List the configs that come with the program',
  builder: (yargs) => yargs.option('json', { describe: 'Print them as one JSON object', type: 'boolean' }),
  handler: async (given) => {
    const { presets } = await import('../config/presets.ts');
    const list = presets().map(({ name, path, summary }) => ({ name, path: shortPath(path), summary }));
    const width = Math.max(0, ...list.map(({ name }) => name.length));
    if (flag(given, 'json')) writeJson({ presets: list });
    else writeOutput(list.map(({ name, summary }) => `${name.padEnd(width)}  ${summary}\n`).join(''));
    return 0;
  },
};
