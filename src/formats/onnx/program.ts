// A whole network over a window of numbers: known steps at once, then step by step on own outputs where it runs free.
// In: the window's features. Out: outputs (B, H, C, Q), still normalised. Not here: normalising (window.ts), single layers (layers.ts).

import type { Tensors } from '../../core/tensor.ts';
import type { Network } from '../../models/network.ts';
import { centralQuantile, inputWidth, lagsOf, type NetworkPlan, outputWidth } from '../../models/plan.ts';
import { weightOf } from '../weights.ts';
import type { Graph } from './graph.ts';
import { emitLayer, type States } from './layers.ts';
import type { GraphWindow } from './window.ts';

export interface NumberProgram {
  readonly graph: Graph;
  readonly network: Network;
  readonly plan: NetworkPlan;
  readonly weights: Tensors;
  readonly window: GraphWindow;
  /** (B, own, K): the future columns of the own steps; null where there are none. */
  readonly ahead: string | null;
}

export function emitNumbers(program: NumberProgram): string {
  const { graph, network, plan, window } = program;
  const { output } = network;
  if (output.kind !== 'numbers') throw new Error('this program is of numbers');
  const { horizon: H, targets: C, quantiles: Q } = output;
  const own = network.freeRun ?? 0;
  const states: States | null = own > 0 ? new Map() : null;
  // Recurrent operators read time-major rows: (T, B, F).
  const entered = enter(program, graph.node('Transpose', [window.rows], { perm: { ints: [1, 0, 2] } }));
  const rows = run(program, entered, states);
  const outputs = [leave(program, plan.output.sequence ? lastOf(graph, rows) : rows, entered)]; // (B, W) each
  for (let s = 0; s < own; s++) {
    const step = enter(program, ownFeatures(program, outputs, s)); // (1, B, F)
    outputs.push(leave(program, lastOf(graph, run(program, step, states)), step));
  }
  if (outputs.length === 1) return graph.node('Reshape', [outputs[0] as string, graph.wholes(0, H, C, Q)]);
  const steps = outputs.map((one) => graph.node('Reshape', [one, graph.wholes(0, 1, C, Q)]));
  return graph.node('Concat', steps, { axis: { i: 1 } });
}

function run({ graph, plan, weights }: NumberProgram, rows: string, states: States | null): string {
  return plan.layers.reduce((input, layer) => emitLayer(graph, layer, weights, input, states), rows);
}

function lastOf(graph: Graph, rows: string): string {
  return graph.node('Gather', [rows, graph.constant('last', [], () => BigInt64Array.of(-1n))], { axis: { i: 0 } });
}

/** Features (1, B, F) of the own step s: lags of own outputs and of known values, then the columns known in advance. */
function ownFeatures({ graph, network, window, ahead }: NumberProgram, outputs: readonly string[], s: number): string {
  const { output, loss } = network;
  const [C, Q] = output.kind === 'numbers' ? [output.targets, output.quantiles] : [1, 1];
  const lags = lagsOf(network).map((lag) => {
    const h = s + 1 - lag; // the step ahead that is read; below 0: a known one
    if (h < 0) return window.known(h);
    const columns = Array.from({ length: C }, (_, c) => c * Q + centralQuantile(loss));
    return window.fed(graph.node('Gather', [outputs[h] as string, graph.wholes(...columns)], { axis: { i: 1 } }), h);
  });
  const step = graph.constant(`step ${s}`, [], () => BigInt64Array.of(BigInt(s)));
  const future = ahead === null ? [] : [graph.node('Gather', [ahead, step], { axis: { i: 1 } })];
  const features = [...lags, ...future];
  const row = features.length === 1 ? (features[0] as string) : graph.node('Concat', features, { axis: { i: 1 } });
  return graph.node('Unsqueeze', [row, graph.wholes(0)]);
}

/** The learnable affine of the features that are values of targets; a layer of its own, of RevIN. */
function enter({ graph, network, weights }: NumberProgram, rows: string): string {
  if (!network.normalise.affine || network.output.kind !== 'numbers') return rows;
  const C = network.output.targets;
  const relative = C * lagsOf(network).length;
  const spread = (part: 'gamma' | 'beta', otherwise: number): string => {
    const { data } = weightOf(weights, { name: `normalise/${part}`, shape: [C] });
    return graph.constant(`normalise/${part} in`, [inputWidth(network)], () =>
      Float32Array.from({ length: inputWidth(network) }, (_, f) =>
        f < relative ? (data[f % C] as number) : otherwise,
      ),
    );
  };
  return graph.node('Add', [graph.node('Mul', [rows, spread('gamma', 1)]), spread('beta', 0)]);
}

/** (B, W): the last layer's row, the skip from the same step's features, the affine undone. */
function leave({ graph, network, weights }: NumberProgram, row: string, entered: string): string {
  const F = inputWidth(network);
  const W = outputWidth(network);
  let left = row;
  if (network.skip !== undefined) {
    const { shape, data } = weightOf(weights, { name: 'skip/kernel', shape: [F, W] });
    const kernel = graph.constant('skip/kernel', shape, () => Float32Array.from(data));
    left = graph.node('Add', [left, graph.node('MatMul', [lastOf(graph, entered), kernel])]);
  }
  if (!network.normalise.affine || network.output.kind !== 'numbers') return left;
  const { targets: C, quantiles: Q } = network.output;
  const spread = (part: 'gamma' | 'beta'): string => {
    const { data } = weightOf(weights, { name: `normalise/${part}`, shape: [C] });
    return graph.constant(`normalise/${part} out`, [W], () =>
      Float32Array.from({ length: W }, (_, j) => data[Math.floor(j / Q) % C] as number),
    );
  };
  return graph.node('Div', [graph.node('Sub', [left, spread('beta')]), spread('gamma')]);
}
