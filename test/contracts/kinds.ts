// What every table of kinds promises of its options. In: a kind. Out: assertions.

import { expect } from 'vitest';
import type { Kind } from '../../src/core/kind.ts';

/** Every option says what it is, with its unit and default. */
export function everyFieldIsDescribed(kind: Kind): void {
  for (const [name, field] of Object.entries(kind.options.shape)) {
    expect((field as { description?: string }).description, `${kind.kind}.${name}`).toBeTruthy();
  }
}
