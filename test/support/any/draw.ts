// Choices drawn from a seed. In: a seed. Out: numbers, items, options that are there or not. The same seed, the same choices.

import { type Random, random } from '../../../src/core/random.ts';

export interface Options {
  readonly [option: string]: unknown;
}

export interface Draw {
  /** Whole, from `least` to `most`. */
  whole(least: number, most: number): number;
  normal(): number;
  /** Whether something of this probability happens. */
  happens(probability: number): boolean;
  one<T>(list: readonly T[]): T;
  /** Different items, at least one, at most `most`, in the order drawn. */
  some<T>(list: readonly T[], most: number): T[];
  /** The options, or none. */
  maybe(probability: number, make: () => Options): Options;
}

export function drawing(seed: number): Draw {
  const stream: Random = random(seed, 'any config');
  const whole = (least: number, most: number): number => least + stream.integer(most - least + 1);
  const happens = (probability: number): boolean => stream.integer(1000) < 1000 * probability;
  const one = <T>(list: readonly T[]): T => list[stream.integer(list.length)] as T;
  return {
    whole,
    happens,
    one,
    normal: () => stream.normal(),
    some: (list, most) => {
      const left = [...list];
      return Array.from({ length: whole(1, Math.min(most, list.length)) }, () =>
        left.splice(stream.integer(left.length), 1),
      ).flat();
    },
    maybe: (probability, make) => (happens(probability) ? make() : {}),
  };
}
