// What a run keeps of its folds while it is under way.

import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openRunFolder } from '../src/artifact/run-folder.ts';
import { hooksOf } from '../src/hooks.ts';
import { workspace } from './support/workspace.ts';

const space = workspace();

test('a fold of thousands of series, of unequal lengths, comes back as it was kept', async () => {
  const identity = { hash: 'a'.repeat(64), config: 'seed: 7\n', data: 'b'.repeat(64), engine: 'reference' };
  const folder = await openRunFolder(join(space.path, 'run'), identity);
  const hooks = hooksOf({ folder, continued: null, goesOn: true, warnings: [], tell: () => {} });
  const values = Array.from({ length: 30_000 }, (_, s) => Float64Array.from({ length: s % 4 }, (_, i) => s + i / 8));
  await hooks.keepFold('auto', 1, values);
  expect(await hooks.storedFold('auto', 1)).toEqual(values);
  expect(await hooks.storedFold('auto', 2)).toBeNull();
  await folder.close();
});
