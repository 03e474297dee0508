import { expect, test } from 'vitest';
import { cyclesOf, seasonOf, wholeSeasons } from '../../src/core/season.ts';

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

test.each([
  ['days: a week, a year', 7, [7, 365]],
  ['business days: a week, a year', 5, [5, 261]],
  ['hours: a day, a week', 24, [24, 168]],
  ['quarters of an hour: a day, a week', 96, [96, 672]],
  ['weeks: a year', 52, [52]],
  ['seconds: a minute', 60, [60]],
  ['months: a year', 12, [12]],
  ['none', 1, [1]],
])('the calendar of %s', (_, season, cycles) => {
  expect(cyclesOf(season)).toEqual(cycles);
});

test('of several seasons those are kept that hold whole ones of all before them', () => {
  expect(wholeSeasons([168, 24, 24])).toEqual([24, 168]);
  expect(wholeSeasons([7, 365])).toEqual([7]);
  expect(wholeSeasons([4, 6, 12, 24])).toEqual([4, 12, 24]);
  expect(wholeSeasons([])).toEqual([]);
});
