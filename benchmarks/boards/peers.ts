// What others reach on the boards, each figure with its source: measured on the same files, or published. Never mixed with ours.
// In: a board. Out: rows. Not here: the figures (peers-accuracy.json).

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Figures, Row } from './board.ts';

interface Peer {
  readonly forecaster: string;
  readonly test: Figures;
  readonly source: string;
}

const FILE = join(import.meta.dirname, '..', 'peers-accuracy.json');

export function peersOf(board: string): Row[] {
  const { boards } = JSON.parse(readFileSync(FILE, 'utf8')) as {
    boards: { readonly [board: string]: readonly Peer[] };
  };
  return (boards[board] ?? []).map((peer) => ({ ...peer, ours: false, validation: null, seconds: null }));
}
