// forecast report: what a finished run found, and where its page is. Not here: the work (../report-of.ts).

import { type Command, flag, text } from './flags.ts';
import { shortPath, writeMessage, writeOutput } from './output.ts';

export const command: Command = {
  command: 'report <run>',
  describe: 'Show what a finished run found, and where its page is',
  builder: (yargs) =>
    yargs
      .positional('run', { describe: 'A run folder', type: 'string' })
      .option('path', { describe: 'Print the path of report.html alone', type: 'boolean' })
      .example('$0 report runs/counting-1a2b3c4d', '')
      .example('xdg-open "$($0 report runs/counting-1a2b3c4d --path)"', ''),
  handler: async (given) => {
    const { reportOf } = await import('../report-of.ts');
    const { text: words, page } = await reportOf(text(given, 'run') ?? '');
    if (flag(given, 'path')) writeOutput(`${shortPath(page)}\n`);
    else {
      writeOutput(`${words.trimEnd()}\n`);
      if (!flag(given, 'quiet')) writeMessage(`report: ${shortPath(page)}`);
    }
    return 0;
  },
};
