// Numbers that may be read two ways: 1.234 is 1234 where a point parts thousands, and a little more than one where it begins decimals.
// In: the digits of each number of a column. Out: the refusal of a column that nothing settles. Not here: reading numbers.

import { ForecastError } from '../../core/errors.ts';

/** Watches the numbers of one column. */
export interface GroupWatch {
  /**
   * A number by its digits before and behind the decimal sign (−1: there is none), its size, and whether it begins with 0; false where the sign
   * is settled and no more need be seen.
   */
  saw(whole: number, fraction: number, size: number, zero: boolean): boolean;
  /** Throws E_DATA_NOT_NUMERIC where the sign may as well part thousands; `comma`: the file is written as where a comma begins decimals. */
  settle(decimal: '.' | ',', comma: boolean): void;
}

/** Fewer such numbers have three digits behind the sign by chance. */
const LEAST = 3;

/** A watch; `where` names the place of the cell that is being read. */
export function groupWatch(where: () => string): GroupWatch {
  let threes = 0;
  let first = '';
  let example = 0;
  let least = Number.POSITIVE_INFINITY;
  let most = 0;
  let settled = false;

  return {
    saw: (whole, fraction, size, zero) => {
      if (fraction < 0) {
        settled = whole > 3;
        most = Math.max(most, size);
      } else if (fraction === 3 && whole > 0 && whole < 4 && !zero) {
        if (threes++ === 0) [first, example] = [where(), size];
        least = Math.min(least, size);
      } else settled = true;
      return !settled;
    },
    settle: (decimal, comma) => {
      // 980 before 1.012: whole numbers of three digits are no neighbours of 1.
      const jumps = most >= 100 && most >= 10 * least;
      if (settled || threes < LEAST || !(jumps || (comma && decimal === '.'))) return;
      const written = example.toFixed(3).replace('.', decimal);
      const sign = decimal === '.' ? 'point' : 'comma';
      throw new ForecastError(
        'E_DATA_NOT_NUMERIC',
        `"${written}" may be ${Math.round(example * 1000)} or ${written}: three digits behind every ${sign} of the column`,
        {
          where: first,
          hint: `set source.thousands: "${decimal}" where the ${sign} parts thousands, or source.decimal: "${decimal}" where it begins decimals`,
        },
      );
    },
  };
}
