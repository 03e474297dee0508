// The engines that load here. One that has to be set up first is said once, and not tested: native, and tensorflow outside CI.

import type { Engine } from '../../src/engines/engine.ts';
import { ENGINES } from '../../src/engines/index.ts';

const states = await Promise.all(
  Object.entries(ENGINES).map(async ([kind, engine]) => ({ kind, engine, state: await engine.available() })),
);
for (const { kind, state } of states) {
  if (!state.ok) console.warn(`engine ${kind} is not tested: ${state.why}; repair: ${state.repair}`);
}

export const HERE: readonly (readonly [string, Engine])[] = states
  .filter(({ kind, state }) => state.ok || !mayBeMissing(kind))
  .map(({ kind, engine }) => [kind, engine]);

function mayBeMissing(kind: string): boolean {
  return kind === 'native' || (kind === 'tensorflow' && !process.env.CI);
}
