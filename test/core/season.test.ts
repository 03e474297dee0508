import { expect, test } from 'vitest';
import { seasonOf } from '../../src/core/season.ts';

test.each([
  ['month', 1, 12],
  ['quarter', 1, 4],
  ['month', 6, 2],
  ['day', 1, 7],
  ['business-day', 1, 5],
  ['week', 1, 52],
  ['hour', 1, 24],
  ['hour', 6, 4],
  ['minute', 30, 48],
  ['minute', 15, 96],
  ['year', 1, 1],
  ['index', 1, 1],
] as const)('rows of one %s times %i have season %i', (unit, count, season) => {
  expect(seasonOf({ unit, count })).toBe(season);
});

test('a step that does not divide its calendar has no season', () => {
  expect(seasonOf({ unit: 'hour', count: 5 })).toBe(1);
  expect(seasonOf({ unit: 'day', count: 14 })).toBe(1);
});
