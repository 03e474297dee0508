// forecast inspect: what a config or a table holds, before any training. Not here: the work (../commands/inspect.ts).

import type { OpenOptions } from '../prepare/open.ts';
import { type Command, flag, number, present, text, texts } from './flags.ts';
import { writeJson, writeOutput } from './output.ts';

export const command: Command = {
  command: 'inspect <config>',
  describe: 'Show the data, the split and the first samples; nothing is trained',
  builder: (yargs) =>
    yargs
      .positional('config', { describe: 'A YAML file, a preset, or a table (.csv, .tsv, .tsf)', type: 'string' })
      .options({
        set: { describe: 'Change a key: --set window.context=24 (repeatable)', type: 'string', array: true, nargs: 1 },
        seed: { describe: 'Everything random comes from this number', type: 'string', requiresArg: true },
        root: { describe: 'Project folder that paths in the config stay inside', type: 'string', requiresArg: true },
        'allow-outside': { describe: 'Let paths in the config leave the project', type: 'boolean' },
        json: { describe: 'Print it as one JSON object', type: 'boolean' },
      })
      .example('$0 inspect configs/sliding-words.yaml', 'vocabulary, split sizes, first samples'),
  handler: async (given) => {
    const { inspect } = await import('../commands/inspect.ts');
    const options = {
      set: texts(given, 'set'),
      seed: number(given, 'seed', 0),
      root: text(given, 'root'),
      allowOutside: flag(given, 'allow-outside'),
    };
    const { json, text: page } = await inspect(text(given, 'config') ?? '', present<OpenOptions>(options));
    if (flag(given, 'json')) writeJson(json);
    else writeOutput(`${page.trimEnd()}\n`);
    return 0;
  },
};
