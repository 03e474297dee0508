import { expect, test } from 'vitest';
import { nearest } from '../../src/core/nearest.ts';

test('a slip finds the word that was meant, a stranger finds none', () => {
  const known = ['epochs', 'batch', 'optimizer', 'rate'];
  expect(nearest('epcohs', known)).toBe('epochs');
  expect(nearest('EPOCHS', known)).toBe('epochs');
  expect(nearest('optimiser', known)).toBe('optimizer');
  expect(nearest('completely-different', known)).toBeNull();
  expect(nearest('x', [])).toBeNull();
});
