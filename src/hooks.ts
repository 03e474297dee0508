// What a run's edge lends to its stages: checkpoints on disk, a clock for them, and news for whoever watches.
// In: the open folder, where to go on from, a listener. Out: Hooks. Not here: the stages (numbers.ts, text.ts), printing (cli/).

import type { RunFolder } from './artifact/run-folder.ts';
import type { Continuation } from './continue.ts';
import type { Warning } from './core/errors.ts';
import type { Progress } from './core/forecaster.ts';
import { joined } from './core/joined.ts';
import type { Tensor } from './core/tensor.ts';
import type { ModelSummary } from './models/summary.ts';
import { renderSummary } from './report/summary.ts';
import type { Hooks } from './track/outcome.ts';
import type { TrainState } from './train/state.ts';

export type RunEvent =
  | { readonly kind: 'summary'; readonly text: string }
  | { readonly kind: 'progress'; readonly series: string; readonly progress: Progress }
  /** Of a panel: series that a task ("judging") has done. */
  | { readonly kind: 'count'; readonly task: string; readonly done: number; readonly of: number }
  | { readonly kind: 'warning'; readonly warning: Warning }
  | { readonly kind: 'note'; readonly text: string };

export interface Edge {
  readonly folder: RunFolder;
  readonly continued: Continuation | null;
  /** Whether more is fitted after a series' first fit (other series, folds, all rows): then what is done is kept. */
  readonly goesOn: boolean;
  /** Collects what belongs into the result. */
  readonly warnings: Warning[];
  readonly signal?: AbortSignal | undefined;
  readonly tell: (event: RunEvent) => void;
}

/** At least this long between checkpoints, so that they cost next to nothing. */
const CHECKPOINT_SECONDS = 10;

export interface RunHooks extends Hooks {
  /** Keeps the last trainings of a run that was stopped while they were judged. */
  readonly stopped: () => Promise<void>;
}

/** The hooks of one run. */
export function hooksOf({ folder, continued, goesOn, warnings, signal, tell }: Edge): RunHooks {
  const shown = new Set<string>();
  const last = new Map<string, TrainState>(); // trainings after which nothing more is fitted
  let saved = performance.now();
  for (const warning of warnings) tell({ kind: 'warning', warning });
  return {
    ...(signal ? { signal } : {}),
    warn: (warning) => {
      if (warnings.some(({ code, message }) => code === warning.code && message === warning.message)) return;
      warnings.push(warning);
      tell({ kind: 'warning', warning });
    },
    progress: (series, progress) => tell({ kind: 'progress', series, progress }),
    counted: (task, done, of) => {
      if (of > 1) tell({ kind: 'count', task, done, of });
    },
    summary: (summary, samples) => {
      const text = summaryText(summary, samples);
      if (!shown.has(text)) tell({ kind: 'summary', text });
      shown.add(text);
    },
    checkpointDue: () => performance.now() - saved > CHECKPOINT_SECONDS * 1000,
    save: async (series, state) => {
      await folder.saveCheckpoint(series, state);
      saved = performance.now();
    },
    keep: async (series, state) => {
      if (goesOn) await folder.saveCheckpoint(series, state);
      else last.set(series, state);
    },
    stopped: async () => {
      for (const [series, state] of last) await folder.saveCheckpoint(series, state);
    },
    keepFold: (forecaster, fold, values) =>
      folder.saveSeries(foldName(forecaster, fold), {
        json: { lengths: values.map(({ length }) => length) },
        tensors: new Map([['values', tensorOf(joined(values))]]), // one, of however many series
      }),
    storedFold: async (forecaster, fold) => {
      const kept = await folder.loadSeries(foldName(forecaster, fold));
      const values = kept?.tensors.get('values')?.data;
      const { lengths } = (kept?.json ?? {}) as { readonly lengths?: readonly number[] };
      if (!values || !lengths) return null; // none, or kept by a version before this one
      let end = 0;
      return lengths.map((length) => {
        end += length;
        return Float64Array.from(values.subarray(end - length, end));
      });
    },
    resume: async (series) => {
      const { state, warnings: damaged } = await folder.latestCheckpoint(series);
      // Only told: an interrupted run must end in the bytes of an uninterrupted one.
      for (const warning of damaged) tell({ kind: 'warning', warning });
      if (!state) return continued?.states.get(series) ?? null;
      const { epoch, step } = state.position;
      tell({ kind: 'note', text: `resuming ${series} at epoch ${epoch}, step ${step}` });
      return state;
    },
  };
}

function tensorOf(data: Float64Array): Tensor {
  return { shape: [data.length], data };
}

function foldName(forecaster: string, fold: number): string {
  return `${forecaster}, fold ${fold + 1}`;
}

function summaryText(summary: ModelSummary, samples: number): string {
  return `${renderSummary(summary)}\n${samples} training ${samples === 1 ? 'window' : 'windows'}`;
}
