// Warnings on stderr, one line each. Not here: what they say.

import type { Warning } from '../core/errors.ts';
import { oneLine } from './failure.ts';
import { flag, type Given } from './flags.ts';
import { paint, writeMessage } from './output.ts';

export function warningLine(warning: Warning, color: boolean | undefined): string {
  return oneLine(`${warning.code}: ${warning.message}`).replace(/^/, `${paint('yellow', 'warning', color)} `);
}

/** Shows warnings, unless --quiet. */
export function warn(warnings: readonly Warning[], given: Given): void {
  if (flag(given, 'quiet')) return;
  for (const warning of warnings) writeMessage(warningLine(warning, given.color as boolean | undefined));
}
