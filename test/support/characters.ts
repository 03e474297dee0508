// Texts of any characters at all, for properties. fast-check's own generator of them takes a second to start.

import fc from 'fast-check';

/** Between `minLength` and `maxLength` code points, none of them half of a pair. */
export const characters = (minLength: number, maxLength: number): fc.Arbitrary<string> =>
  fc
    .array(
      fc
        .oneof(fc.nat({ max: 0x2fff }), fc.nat({ max: 0x1ffff }), fc.nat({ max: 127 }))
        .filter((code) => code < 0xd800 || code > 0xdfff),
      { minLength, maxLength },
    )
    .map((codes) => String.fromCodePoint(...codes));
