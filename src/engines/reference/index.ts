// The reference engine: TypeScript, plain loops in float64. The judge of every other engine; always there.

import type { Engine } from '../engine.ts';

// Read when it is asked for: a program that trains elsewhere does not wait for it.
export const reference: Engine = {
  kind: 'reference',
  summary: 'TypeScript in float64: the judge of every other engine, and always there.',
  available: async () => ({ ok: true, detail: 'part of the program' }),
  compile: async (network, weights) => (await import('./compiled.ts')).compileReference(network, weights),
};
