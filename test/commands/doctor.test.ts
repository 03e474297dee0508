import { expect, it } from 'vitest';
import { doctor } from '../../src/commands/doctor.ts';
import { ENGINES } from '../../src/engines/index.ts';

it('the doctor lists every engine: those that load with their speed, the others with what repairs them', async () => {
  const { json, text, ok } = await doctor();
  const found = json.findings.filter(({ what }) => what.startsWith('engine '));
  expect(found.map(({ what }) => what)).toEqual(Object.keys(ENGINES).map((kind) => `engine ${kind}`));
  for (const { ok: loads, detail, repair } of found) {
    if (loads) expect(Number(/; ([\d.e+-]+) ms a training step/.exec(detail)?.[1])).toBeGreaterThan(0);
    else expect(repair).toBeTruthy();
    expect(text).toContain(detail);
  }
  expect(ok).toBe(true);
});
