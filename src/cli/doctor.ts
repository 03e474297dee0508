// forecast doctor: what loads on this machine, and how to repair what does not. Not here: the work (../commands/doctor.ts).

import { type Command, flag } from './flags.ts';
import { writeJson, writeOutput } from './output.ts';

export const command: Command = {
  command: 'doctor',
  describe: 'Say what works on this machine, and what repairs what does not',
  builder: (yargs) => yargs.option('json', { describe: 'Print it as one JSON object', type: 'boolean' }),
  handler: async (given) => {
    const { doctor } = await import('../commands/doctor.ts');
    const { ok, json, text } = await doctor();
    if (flag(given, 'json')) writeJson(json);
    else writeOutput(`${text.trimEnd()}\n`);
    return ok ? 0 : 1;
  },
};
