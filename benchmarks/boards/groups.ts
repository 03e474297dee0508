// The boards by group: what `npm run boards -- GROUP` runs. In: a group. Out: its boards. Not here: any protocol.

import type { Board } from './board.ts';
import { classics } from './classics.ts';
import { etth1 } from './etth1.ts';
import { m4 } from './m4.ts';
import { panels } from './panels.ts';
import { text } from './text.ts';

export const GROUPS: { readonly [group: string]: (group: string) => Promise<readonly Board[]> } = {
  'm4-weekly': m4,
  'm4-hourly': m4,
  etth1,
  classics,
  panels,
  text,
};

const opened = new Map<string, Promise<readonly Board[]>>();

/** The boards of a group, read once. */
export function boardsOf(group: string): Promise<readonly Board[]> {
  const known = opened.get(group);
  if (known) return known;
  const reading = (GROUPS[group] as (typeof GROUPS)[string])(group);
  opened.set(group, reading);
  return reading;
}
