// Per-window normalisation inside the graph, in float64, so that a level of 1e15 costs no digits.
// In: the raw window. Out: what the layers read, and how the output is brought back. Not here: layers.

import { ForecastError } from '../../core/errors.ts';
import type { Network } from '../../models/network.ts';
import type { Graph } from './graph.ts';

export interface Normalised {
  /** (B, T, F) float32. */
  readonly rows: string;
  /** From outputs (B, H, C, Q) in float32 to raw ones in float64. */
  undo(outputs: string): string;
}

const FLOAT = { to: { i: 1 } };
const DOUBLE = { to: { i: 11 } };

/** `window` (B, T, F) float64; the first C features are the targets. Errors: E_MODEL_LAYER for a kind without a form here. */
export function normalised(graph: Graph, { normalise, input }: Network, window: string): Normalised {
  if (input.kind !== 'numbers') throw new Error('only numbers are normalised');
  const targets = sliced(graph, window, 2, 0, input.targets); // (B, T, C)
  const last = sliced(graph, targets, 1, -1, WHOLE); // (B, 1, C)
  let base = last;
  if (normalise.kind === 'mean') {
    // As distances from the last value, so that a large level costs no digits.
    const distances = graph.node('Sub', [sliced(graph, targets, 1, -normalise.count, WHOLE), last]);
    base = graph.node('Add', [
      last,
      graph.node('ReduceMean', [distances], { axes: { ints: [1] }, keepdims: { i: 1 } }),
    ]);
  } else if (normalise.kind !== 'last') {
    throw new ForecastError('E_MODEL_LAYER', `onnx has no form for normalise: ${normalise.kind}`, {
      where: 'model.normalise',
    });
  }
  const moved = graph.node('Sub', [targets, base]);
  const others = input.past + input.future > 0 ? [sliced(graph, window, 2, input.targets, WHOLE)] : [];
  const all = graph.node('Concat', [moved, ...others], { axis: { i: 2 } });
  return {
    rows: graph.node('Cast', [all], FLOAT),
    undo: (outputs) => {
      const raised = graph.node('Unsqueeze', [base, graph.wholes(3)]); // (B, 1, C, 1)
      return graph.node('Add', [graph.node('Cast', [outputs], DOUBLE), raised]);
    },
  };
}

const WHOLE = 2_147_483_647;

function sliced(graph: Graph, from: string, axis: number, start: number, end: number): string {
  return graph.node('Slice', [from, graph.wholes(start), graph.wholes(end), graph.wholes(axis)]);
}
