// forecast compare: finished runs side by side. Not here: the work (../commands/compare.ts).

import { resolve } from 'node:path';
import { oneLine } from './failure.ts';
import { type Command, flag, text, texts } from './flags.ts';
import { shortPath, writeJson, writeMessage, writeOutput } from './output.ts';
import { endInSpite } from './signals.ts';

export const command: Command = {
  command: 'compare <runs..>',
  describe: 'Put finished runs side by side',
  builder: (yargs) =>
    yargs
      .positional('runs', { describe: 'Run folders', type: 'string' })
      .options({
        html: { describe: 'Write the comparison as a page too', type: 'string', requiresArg: true },
        json: { describe: 'Print the comparison as one JSON object', type: 'boolean' },
      })
      .example('$0 compare runs/next-word-lstm-1a2b3c4d runs/next-word-rnn-5e6f7a8b', ''),
  handler: async (given) => {
    const { compare } = await import('../commands/compare.ts');
    const html = text(given, 'html');
    if (html !== undefined) endInSpite();
    const { json, text: table, leftOut } = await compare(texts(given, 'runs'), html === undefined ? {} : { html });
    if (!flag(given, 'quiet')) for (const line of leftOut) writeMessage(oneLine(line));
    if (flag(given, 'json')) writeJson(json);
    else writeOutput(`${table.trimEnd()}\n`);
    if (html !== undefined && !flag(given, 'quiet')) writeMessage(`page: ${shortPath(resolve(html))}`);
    return 0;
  },
};
