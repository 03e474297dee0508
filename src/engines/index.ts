// The table of engines, and the choice among them. Adding one: one folder and one line.

import { ForecastError } from '../core/errors.ts';
import type { Engine } from './engine.ts';
import { native } from './native/index.ts';
import { reference } from './reference/index.ts';
import { tensorflow } from './tensorflow/index.ts';
import { wasm } from './wasm/index.ts';

export const ENGINES: { readonly [kind: string]: Engine } = { native, wasm, reference, tensorflow };

/** What `auto` tries, the fastest first; TensorFlow is never loaded unasked. */
const AUTO: readonly Engine[] = [native, wasm, reference];

/** An engine that loads, why it was taken, and what beside its kind changes the bits of its results. */
export interface OpenEngine {
  readonly engine: Engine;
  readonly reason: string;
  readonly build: string | null;
}

/**
 * The engine of a kind and why it was taken; `auto` takes the first that loads. Errors: E_CONFIG_UNKNOWN_KIND, E_CONFIG_CONFLICT
 * where the engine asked for does not load (the hint repairs it).
 */
export async function openEngine(kind: string): Promise<OpenEngine> {
  return kind === 'auto' ? firstThatLoads() : asked(kind);
}

async function firstThatLoads(): Promise<OpenEngine> {
  const refused: string[] = [];
  for (const engine of AUTO) {
    const state = await engine.available();
    if (state.ok) return { engine, reason: reasonOf(engine, refused), build: state.build ?? null };
    refused.push(`${engine.kind} does not load (${state.why})`);
  }
  throw new ForecastError('E_BUG', `no engine loads: ${refused.join('; ')}`);
}

function reasonOf(engine: Engine, refused: readonly string[]): string {
  if (refused.length > 0) return `auto: ${refused.join('; ')}`;
  return `auto: ${engine.kind} is the fastest that loads`;
}

async function asked(kind: string): Promise<OpenEngine> {
  const engine = Object.hasOwn(ENGINES, kind) ? ENGINES[kind] : undefined;
  if (!engine) {
    throw new ForecastError('E_CONFIG_UNKNOWN_KIND', `there is no engine "${kind}"`, {
      where: 'engine.kind',
      hint: `one of auto, ${Object.keys(ENGINES).join(', ')}`,
    });
  }
  const state = await engine.available();
  if (state.ok) return { engine, reason: 'asked for in the config', build: state.build ?? null };
  throw new ForecastError('E_CONFIG_CONFLICT', `engine "${kind}" does not load: ${state.why}`, {
    where: 'engine.kind',
    hint: state.repair,
  });
}
