// forecast schema: the JSON Schema of configs, for editors. Not here: making it (../config/json-schema.ts).

import { type Command, flag } from './flags.ts';
import { shortPath, writeOutput } from './output.ts';
import { endInSpite } from './signals.ts';

export const command: Command = {
  command: 'schema',
  describe: 'Print the JSON Schema of configs, for editors',
  builder: (yargs) =>
    yargs
      .option('write', { describe: 'Write it to configs/schema.json of this package', type: 'boolean' })
      .option('json', { describe: 'The schema is JSON in any case', type: 'boolean' }),
  handler: async (given) => {
    const { renderJsonSchema, writeJsonSchema } = await import('../config/json-schema.ts');
    if (flag(given, 'write')) endInSpite();
    writeOutput(flag(given, 'write') ? `${shortPath(await writeJsonSchema())}\n` : renderJsonSchema());
    return 0;
  },
};
