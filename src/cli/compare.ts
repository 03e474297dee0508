// forecast compare: finished runs side by side. Not here: the work (../compare.ts).

import { type Command, flag, texts } from './flags.ts';
import { writeJson, writeOutput } from './output.ts';

export const command: Command = {
  command: 'compare <runs..>',
  describe: 'Put finished runs side by side',
  builder: (yargs) =>
    yargs
      .positional('runs', { describe: 'Run folders', type: 'string' })
      .option('json', { describe: 'Print the comparison as one JSON object', type: 'boolean' })
      .example('$0 compare runs/next-word-lstm-1a2b3c4d runs/next-word-rnn-5e6f7a8b', ''),
  handler: async (given) => {
    const { compare } = await import('../compare.ts');
    const { json, text } = await compare(texts(given, 'runs'));
    if (flag(given, 'json')) writeJson(json);
    else writeOutput(`${text.trimEnd()}\n`);
    return 0;
  },
};
