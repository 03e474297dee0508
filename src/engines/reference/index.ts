// The reference engine: TypeScript, plain loops in float64. The judge of every other engine; always there.

import type { Engine } from '../engine.ts';
import { compileReference } from './compiled.ts';

export const reference: Engine = {
  kind: 'reference',
  summary: 'TypeScript in float64: the judge of every other engine, and always there.',
  available: async () => ({ ok: true, detail: 'part of the program' }),
  compile: async (network, weights) => compileReference(network, weights),
};
