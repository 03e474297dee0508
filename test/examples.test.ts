// The examples as a reader runs them: from the package as it is built, in a project that holds the presets and data sets.

import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { workspace } from './support/workspace.ts';

const exec = promisify(execFile);
const ROOT = join(import.meta.dirname, '..');
const EXAMPLES = join(ROOT, 'examples');
const names = readdirSync(EXAMPLES).filter((name) => name.endsWith('.ts'));

const space = workspace();
for (const folder of ['configs', 'datasets', 'examples'])
  cpSync(join(ROOT, folder), join(space.path, folder), { recursive: true });
space.write('package.json', '{ "type": "module" }');
mkdirSync(join(space.path, 'node_modules'));
symlinkSync(ROOT, join(space.path, 'node_modules', 'forecast-toolkit'), 'dir');

/** A line that says the example did what it is there for. */
const SAYS: { readonly [example: string]: RegExp } = {
  '01-counting.ts': /^after 100 comes 1\d\d\.\d\d$/m,
  '02-your-own-file.ts': /^1961-12-01 {2}\d{3}$/m,
  '03-compare-cells.ts': /^rnn +\d+ +\d\.\d{3} +\w+ \(\d+ %\)$/m,
  '04-generate-text.ts': /^Once upon a time .{60}/m,
  '05-honest-verdict.ts': /^ {2}use \S+: .*\.$/m,
  '06-holidays.ts': /^22 holidays, the last on 2013-01-01\nerror a day: \d+ without them, \d+ with them$/m,
};

describe('example', () => {
  it.each(names)('%s runs, and says what it promises', async (name) => {
    const { stdout } = await exec(process.execPath, ['--import', import.meta.resolve('tsx'), join('examples', name)], {
      cwd: space.path,
    });
    expect(stdout).toMatch(SAYS[name] ?? /^$/);
  });

  it('is numbered in order, says how to run it, and has at most 40 lines', () => {
    expect(names.map((name) => name.slice(0, 2))).toEqual(names.map((_, i) => String(i + 1).padStart(2, '0')));
    for (const [i, name] of names.entries()) {
      const lines = readFileSync(join(EXAMPLES, name), 'utf8').trimEnd().split('\n');
      expect(lines.length).toBeLessThanOrEqual(40);
      expect(lines[0]).toMatch(new RegExp(`^// ${i + 1} · `));
      expect(lines[1]).toContain(`npx tsx examples/${name}`);
    }
  });
});
