// What a person names to be run: a table, a preset, a config, a run folder.
// In: a path, a name, YAML text or an object. Out: a config, opened. Not here: reading data (open.ts), a config for a table (table.ts).

import { existsSync } from 'node:fs';
import type { LoadedConfig } from '../config/load.ts';
import { presets } from '../config/presets.ts';
import { DATA_FILE } from '../sources/endings.ts';
import { type OpenedConfig, type OpenOptions, openConfig } from './open.ts';
import { configFor } from './table.ts';

/** What to run: of a table the config made for it, of a preset's name the preset; anything else as `openConfig` reads it. */
export async function openInput(
  input: LoadedConfig | string | object,
  options: OpenOptions = {},
): Promise<OpenedConfig> {
  if (typeof input !== 'string') return await openConfig(input, options);
  const isText = input.includes('\n') && !existsSync(input);
  return DATA_FILE.test(input) && !isText ? await configFor(input, options) : await openConfig(pathOf(input), options);
}

/** A preset's name as its file; any other argument unchanged. */
function pathOf(argument: string): string {
  if (!/^[\w-]+$/.test(argument) || existsSync(argument)) return argument;
  return presets().find(({ name }) => name === argument)?.path ?? argument;
}
