// A series that stands still where its intervals are made, and did not before: they have no width, and that is said.

import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { run } from '../../src/run.ts';
import { workspace } from '../support/workspace.ts';

const space = workspace();
const ROWS = 60;
let runs = 0;

/** What of a run's warnings is about standing still, and the widths of its 80 % intervals. */
async function told(
  series: readonly ((t: number) => number)[],
  config: object = {},
): Promise<{ messages: string[]; widths: number[] }> {
  const lines = series.flatMap((law, s) => Array.from({ length: ROWS }, (_, t) => `s${s},${law(t)}`));
  const file = space.write(`still-${runs}.csv`, `id,y\n${lines.join('\n')}\n`);
  const source = { kind: 'csv', file, id: 'id', target: 'y', season: 1 };
  const { result } = await run(
    { name: 'still', source, model: { kind: 'last-value' }, predict: { horizon: 2 }, ...config },
    { out: join(space.path, `out-${runs++}`), root: space.path },
  );
  return {
    messages: result.warnings.filter(({ code }) => code === 'W_STOOD_STILL').map(({ message }) => message),
    widths: result.forecast.map(({ lower, upper }) => (upper?.['80'] ?? Number.NaN) - (lower?.['80'] ?? 0)),
  };
}

const jump = (t: number): number => (t < 30 ? 10 : 20);
const wave = (t: number): number => 10 + ((t * 7) % 11);

describe('a series that jumped before the rows its intervals are made of', () => {
  test('has intervals of no width, and a warning that tells of the jump', async () => {
    const { messages, widths } = await told([jump]);
    expect(widths).toEqual([0, 0]);
    expect(messages).toEqual([
      'no change in the rows intervals are made of, though there was before: "y" of "s0" (11 rows; before, by up to 10): intervals have no width, and know nothing of the next change',
    ]);
  });

  test('has none where the folds reach back to it', async () => {
    expect((await told([jump], { evaluate: { folds: 5, step: 6 } })).messages).toEqual([]);
  });

  test('is one of many named', async () => {
    const { messages } = await told(Array.from({ length: 5 }, () => jump));
    expect(messages[0]).toContain('"y" of "s2"');
    expect(messages[0]).toContain(', and 2 more targets:');
  });
});

describe('nothing is said', () => {
  test('of a series that never changed: that is another warning', async () => {
    expect((await told([() => 5])).messages).toEqual([]);
  });

  test('of a law that is known exactly while the series moves', async () => {
    const { messages, widths } = await told([(t) => t], { model: { kind: 'drift' } });
    expect(Math.max(...widths)).toBeLessThan(1e-9);
    expect(messages).toEqual([]);
  });

  test('where series that move lend the one that stands still their errors', async () => {
    const { messages, widths } = await told([jump, wave, wave, wave]);
    expect(Math.min(...widths)).toBeGreaterThan(0);
    expect(messages).toEqual([]);
  });
});
