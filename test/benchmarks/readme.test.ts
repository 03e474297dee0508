import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Kept } from '../../benchmarks/boards/accuracy.ts';
import { withFigures } from '../../benchmarks/readme.ts';
import type { Performance } from '../../benchmarks/report.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const read = (name: string): string => readFileSync(join(ROOT, name), 'utf8');
const performance = JSON.parse(read('benchmarks/performance.json')) as Performance;
const { boards } = JSON.parse(read('benchmarks/accuracy.json')) as { readonly boards: readonly Kept[] };

describe('the figures of the README', () => {
  it('are those measured last', () => {
    expect(read('README.md')).toBe(withFigures(read('README.md'), performance, boards));
  });

  it('name every board that others have figures on, lost ones too, beside a baseline', () => {
    const lines = read('README.md').split('\n');
    const lost = lines.filter((line) => line.startsWith('| us-retail-24 |') || line.startsWith('| m4-hourly |'));
    expect(lost).toHaveLength(2);
    for (const line of lost) expect(line.split('|').filter((cell) => cell.trim() === '–')).toEqual([]);
  });

  it('have a place, or it is said that they have none', () => {
    expect(() => withFigures('# Nothing', performance, boards)).toThrow(/README\.md has no/);
  });
});
