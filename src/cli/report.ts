// forecast report: what a finished run found, and where its page is. Not here: the work (../commands/report-of.ts).

import type { Result } from '../report/result.ts';
import { type Command, flag, text } from './flags.ts';
import { shortPath, terminalWidth, writeJson, writeMessage, writeOutput } from './output.ts';

export const command: Command = {
  command: 'report <run>',
  describe: 'Show what a finished run found, and where its page is',
  builder: (yargs) =>
    yargs
      .positional('run', { describe: 'A run folder', type: 'string' })
      .option('path', { describe: 'Print the path of report.html alone', type: 'boolean' })
      .option('json', { describe: 'Print the result as one JSON object', type: 'boolean' })
      .example('$0 report runs/counting-1a2b3c4d', '')
      .example('xdg-open "$($0 report runs/counting-1a2b3c4d --path)"', ''),
  handler: async (given) => {
    const { reportOf } = await import('../commands/report-of.ts');
    const { text: words, page, result } = await reportOf(text(given, 'run') ?? '');
    if (flag(given, 'json')) writeJson(result());
    else if (flag(given, 'path')) writeOutput(`${shortPath(page)}\n`);
    else {
      writeOutput(`${(await fitting(words, result)).trimEnd()}\n`);
      if (!flag(given, 'quiet')) writeMessage(`report: ${shortPath(page)}`);
    }
    return 0;
  },
};

/** The page as it is kept; on a narrower terminal made anew, without the chart, whose values are not kept. */
async function fitting(words: string, result: () => unknown): Promise<string> {
  const { WIDTH } = await import('../report/paint.ts');
  const width = terminalWidth() ?? WIDTH;
  if (width >= WIDTH) return words;
  const { renderTerminal } = await import('../report/terminal.ts');
  return renderTerminal(result() as Result, null, undefined, width);
}
