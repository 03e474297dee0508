// forecast export: hands a run's model to other programs. Not here: the work (../commands/export.ts).

import type { ExportOptions, ExportOutcome } from '../commands/export.ts';
import { usageError } from './failure.ts';
import { type Command, flag, present, text } from './flags.ts';
import { shortPath, writeJson, writeMessage, writeOutput } from './output.ts';
import { endInSpite } from './signals.ts';

export const command: Command = {
  command: 'export <run>',
  describe: "Write a run's model for other programs: onnx, tfjs",
  builder: (yargs) =>
    yargs
      .positional('run', { describe: 'A run folder', type: 'string' })
      .options({
        to: {
          describe: 'The format: onnx (every model) or tfjs (what tf.layers can express)',
          type: 'string',
          requiresArg: true,
        },
        out: { describe: 'The folder to write (default: <run>-<format>)', type: 'string', requiresArg: true },
        force: { describe: 'Replace another export that stands there', type: 'boolean' },
        json: { describe: 'Print what was written as one JSON object', type: 'boolean' },
      })
      .example('$0 export runs/air-passengers-1a2b3c4d --to onnx', '')
      .example('$0 export runs/counting-1a2b3c4d --to tfjs --out model', ''),
  handler: async (given) => {
    const { exportRun } = await import('../commands/export.ts');
    const to = text(given, 'to');
    if (to === undefined) throw usageError('no format is named', 'add --to onnx or --to tfjs');
    const options = { to, out: text(given, 'out'), force: flag(given, 'force') };
    endInSpite();
    const outcome = await exportRun(text(given, 'run') ?? '', present<ExportOptions>(options));
    if (flag(given, 'json')) writeJson({ ...outcome, folder: shortPath(outcome.folder) });
    else writeOutput(page(outcome));
    if (!flag(given, 'quiet') && outcome.same) writeMessage('the same export stood there already');
    return 0;
  },
};

/** The files, and what the model takes and gives. */
function page({ folder, files, models }: ExportOutcome): string {
  const [first] = models;
  const port = (
    word: string,
    { name, type, shape }: { name: string; type: string; shape: readonly unknown[] },
  ): string => `${word} ${name}: ${type} [${shape.join(', ')}]\n`;
  return [
    ...files.map((name) => `${shortPath(folder)}/${name}\n`),
    ...(first ? [port('input ', first.input), port('output', first.output)] : []),
  ].join('');
}
