// forecast generate: continues a prompt with a finished text run. Not here: the work (../commands/stored.ts).

import type { GenerateOptions } from '../commands/stored.ts';
import { type Command, flag, number, present, text } from './flags.ts';
import { writeJson, writeOutput } from './output.ts';
import { warn } from './warn.ts';

export const command: Command = {
  command: 'generate <run>',
  describe: 'Continue a prompt with a finished text run',
  builder: (yargs) =>
    yargs
      .positional('run', { describe: 'A run folder', type: 'string' })
      .options({
        prompt: { describe: "Text to continue (default: the run's own)", type: 'string', requiresArg: true },
        length: { describe: 'Tokens to generate', type: 'string', requiresArg: true },
        sampler: {
          describe: 'greedy: always the likeliest token; temperature: drawn',
          type: 'string',
          requiresArg: true,
        },
        temperature: {
          describe: 'Below 1 sharpens, above 1 flattens; at 0 it would be --sampler greedy',
          type: 'string',
          requiresArg: true,
        },
        'top-k': { describe: 'Only the k likeliest tokens', type: 'string', requiresArg: true },
        'top-p': { describe: 'Only the likeliest tokens that together reach p', type: 'string', requiresArg: true },
        repetition: { describe: 'Penalty on tokens already there; 1: none', type: 'string', requiresArg: true },
        seed: { describe: 'Seed of the draws', type: 'string', requiresArg: true },
        json: { describe: 'Print the answer as one JSON object', type: 'boolean' },
      })
      .example('$0 generate runs/story-1a2b3c4d --prompt "Once upon a time" --temperature 0.7', ''),
  handler: async (given) => {
    const { generate } = await import('../commands/stored.ts');
    const options = {
      prompt: text(given, 'prompt'),
      length: number(given, 'length', 1),
      sampler: text(given, 'sampler'),
      temperature: number(given, 'temperature', 0, true),
      topK: number(given, 'top-k', 1),
      topP: number(given, 'top-p', 0, true),
      repetition: number(given, 'repetition', 0, true),
      seed: number(given, 'seed', 0),
    };
    const outcome = await generate(text(given, 'run') ?? '', present<GenerateOptions>(options));
    warn(outcome.warnings, given);
    if (flag(given, 'json')) writeJson({ ...outcome.answer, warnings: outcome.warnings });
    else writeOutput(`${outcome.text.trimEnd()}\n`);
    return 0;
  },
};
