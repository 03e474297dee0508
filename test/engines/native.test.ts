import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { load } from '../../src/engines/native/addon.ts';
import { native } from '../../src/engines/native/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'addon-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('an addon that is not there, is no addon, or is another one is told in one line', () => {
  expect(load(join(folder, 'missing.node'))).toEqual({ why: 'its addon has not been built' });
  const broken = join(folder, 'broken.node');
  writeFileSync(broken, 'not a library');
  const { why } = load(broken) as { why: string };
  expect(why).toMatch(/^its addon does not load: /);
  expect(why).not.toContain(folder);
  expect(why).not.toContain('\n');
  const other = join(folder, 'other.cjs');
  writeFileSync(other, 'module.exports = { interface: 99 };');
  expect(load(other)).toEqual({ why: 'its addon was built for another version (99, not 1)' });
});

it('native says with which instructions it loads, or the command that repairs it', async () => {
  const state = await native.available();
  if (state.ok) expect(state.detail).toMatch(/float32/);
  else expect(state.repair).toContain('node scripts/build-native.js --verbose');
});
