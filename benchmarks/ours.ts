// One of our engines doing the rows of rows.ts, long-lived: JSON lines in, JSON lines out, as peers.py does them.
// In: an engine's kind and a number of threads. Out: times of the engine's own calls, windows gathered and shuffled as in any run.

import './processors.ts';

import { createInterface } from 'node:readline';
import { random } from '../src/core/random.ts';
import type { Sequence } from '../src/core/sequence.ts';
import { type Compiled, type Engine, START, type TrainRequest, type Windows } from '../src/engines/engine.ts';
import { ENGINES } from '../src/engines/index.ts';
import type { LayerOptions } from '../src/layers/index.ts';
import { MODELS } from '../src/models/index.ts';
import type { ModelKind } from '../src/models/model.ts';
import { initialWeights } from '../src/models/weights.ts';
import { cut } from '../src/window/cuts.ts';
import type { WindowShape } from '../src/window/window.ts';
import { forgetPeak, mebibytes } from './memory.ts';
import type { Row } from './rows.ts';

/** Does a number of turns of a row. */
export type Turns = (turns: number) => Promise<void>;

export interface Job {
  readonly turns: Turns;
  readonly dispose: () => void;
}

/** A row's network and data, ready in an engine. */
export async function prepare(engine: Engine, row: Row): Promise<Job> {
  const windows = windowsOf(row);
  const compiled = await compile(engine, row, windows);
  const turns = row.kind === 'train' ? training(compiled, row, windows) : predicting(compiled, row, windows);
  return { turns, dispose: () => compiled.dispose() };
}

/** Seeded noise, ids where there is a vocabulary, or the counting program's numbers. */
export function windowsOf(row: Row): Windows {
  const { context, windows: count, classes, features } = row;
  const shape: WindowShape = { context, horizon: 1, lead: 0, targets: 'last', pad: 'none', mask: false };
  const length = count + context;
  const draws = random(7, 'benchmark');
  const noise = () => Float64Array.from({ length }, () => (classes === null ? draws.normal() : draws.integer(classes)));
  const values = row.activation === 'relu' ? Float64Array.from({ length }, (_, i) => i) : noise();
  const past = classes === null ? Array.from({ length: features - 1 }, noise) : [];
  const segments = [{ start: 0, end: length }];
  const tokens = classes === null ? null : { vocabulary: classes, padding: false };
  const sequence: Sequence = { length, segments, targets: [values], past, future: [], tokens };
  return { sequence, shape, cuts: cut(segments, shape, { kind: 'sliding', stride: 1 }) };
}

async function compile(engine: Engine, row: Row, { shape, sequence }: Windows): Promise<Compiled> {
  const model = MODELS[row.classes === null ? 'lstm-regressor' : 'language-model'] as ModelKind;
  const task = { window: shape, targets: 1, past: sequence.past.length, future: 0, tokens: sequence.tokens };
  const network = model.build(model.options.parse(modelOptions(row)), task);
  return await engine.compile(network, initialWeights(network, 7));
}

function modelOptions({ cell, units, activation, classes, embedding }: Row): object {
  if (classes === null) return { units, cell, ...(cell === 'lstm' ? { activation } : {}) };
  const layers = units.map(
    (width, l) => ({ kind: cell, units: width, sequences: l + 1 < units.length }) as LayerOptions,
  );
  return { layers, ...(embedding === null ? {} : { embedding }) };
}

/** Training goes on from turn to turn, as the peers' does. */
function training(compiled: Compiled, row: Row, windows: Windows): Turns {
  const request: TrainRequest = {
    training: windows,
    validation: null,
    seed: 7,
    batch: row.batch,
    shuffle: true,
    optimizer: { kind: 'adam', rate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 },
    schedule: { kind: 'constant' },
    clip: null,
    epochs: 1_000_000_000,
    from: START,
    until: 1,
  };
  let epoch = 1;
  return async (turns) => {
    const next = epoch + turns * row.epochs;
    const { stopped } = await compiled.train({ ...request, from: { ...START, epoch }, until: next - 1 });
    if (stopped !== 'done') throw new Error(`training ended: ${stopped}`);
    epoch = next;
  };
}

/** One window is asked for again and again; many are asked for in one call. */
function predicting(compiled: Compiled, row: Row, windows: Windows): Turns {
  return async (turns) => {
    for (let turn = 0; turn < turns; turn++) {
      const outputs = await compiled.predict(windows);
      if (outputs.length !== row.windows) throw new Error(`${outputs.length} outputs of ${row.windows} windows`);
    }
  };
}

async function timed(turns: Turns, count: number): Promise<number> {
  const started = performance.now();
  await turns(count);
  return performance.now() - started;
}

async function work(kind: string, threads: number): Promise<void> {
  const answer = (value: object): void => console.log(JSON.stringify(value));
  const engine = ENGINES[kind];
  const state = engine
    ? await engine.available()
    : { ok: false as const, why: `there is no engine "${kind}"`, repair: '' };
  if (!engine || !state.ok) return answer({ ok: false, why: state.ok ? '' : `${state.why}; ${state.repair}` });
  const has = Number(/(\d+) (?:threads?|shards?)/.exec(state.detail)?.[1] ?? 1);
  if (threads > 0 && has !== threads)
    return answer({ ok: false, why: `${kind} works on ${has} here, not on ${threads}` });
  answer({ ok: true, about: { detail: state.detail } });
  let job: Job | null = null;
  let before = 0;
  for await (const line of createInterface({ input: process.stdin })) {
    const asked = JSON.parse(line) as { readonly op: string; readonly row: Row; readonly turns: number };
    try {
      if (asked.op === 'build') {
        job?.dispose();
        before = mebibytes('rss');
        job = await prepare(engine, asked.row);
        await job.turns(1);
        forgetPeak();
        answer({ ok: true, setting: '' });
      } else if (asked.op === 'run' && job) {
        answer({ ok: true, ms: await timed(job.turns, asked.turns) });
      } else if (asked.op === 'free') {
        answer({ ok: true, peak: mebibytes('peak'), before });
        job?.dispose();
        job = null;
      } else break;
    } catch (error) {
      answer({ ok: false, why: (error as Error).message });
    }
  }
}

if (process.argv[1] === import.meta.filename) {
  await work(process.argv[2] as string, Number(process.argv[3] ?? 0));
  process.exit(0); // threads an engine keeps alive do not hold the process
}
