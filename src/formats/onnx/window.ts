// From a raw window to the features of its steps, and from outputs back: lags, what stands for 0 and for 1, held at a clip.
// In float64 where anything is normalised, so that a level of 1e15 costs no digits. Not here: layers, own steps (program.ts).

import type { Network } from '../../models/network.ts';
import { lagsOf } from '../../models/plan.ts';
import type { WindowShape } from '../../window/window.ts';
import type { Graph } from './graph.ts';

export interface GraphWindow {
  /** (B, T, F) float32: the features of the known steps. */
  readonly rows: string;
  /** (B, C) float32: the target's normalised value `offset` steps after the first one to be predicted (−1: the last known). */
  known(offset: number): string;
  /** (B, C) float32: an own value of the step h ahead as an input has it: relative to the level, held at the clip. */
  fed(value: string, h: number): string;
  /** Outputs (B, H, C, Q) in raw units, in the type of the input. */
  undo(outputs: string): string;
}

/** Whether values enter as float64. */
export function isNormalised({ normalise }: Network): boolean {
  return normalise.kind !== 'none' || normalise.scale !== undefined || normalise.clip !== undefined;
}

/** Steps before the window whose targets are read, for lags and for a season that is longer than the window. */
export function historyOf(network: Network, { context }: WindowShape): number {
  const { normalise } = network;
  return Math.max(0, Math.max(...lagsOf(network)) - 1, normalise.kind === 'season' ? normalise.season - context : 0);
}

const FLOAT = { to: { i: 1 } };
const DOUBLE = { to: { i: 11 } };
const END = 2_147_483_647;

/** `window` (B, history + T, C + P + K · D): history's targets may be NaN where there is none. */
export function enterWindow(graph: Graph, network: Network, shape: WindowShape, window: string): GraphWindow {
  const { input, output, normalise } = network;
  if (input.kind !== 'numbers' || output.kind !== 'numbers') throw new Error('only numbers have windows of values');
  const C = input.targets;
  const history = historyOf(network, shape);
  const double = isNormalised(network);
  const number = (value: number): string => {
    const type = double ? Float64Array : Float32Array;
    return graph.constant(`${value} ${double ? 'float64' : 'float32'}`, [], () => type.of(value));
  };
  const lasting = sliced(graph, window, 2, 0, C); // (B, history + T, C)
  const targets = history > 0 ? sliced(graph, lasting, 1, history, END) : lasting; // (B, T, C)
  const last = sliced(graph, targets, 1, -1, END); // (B, 1, C)
  const level = levelOf(graph, network, targets, last);
  const scale = scaleOf(graph, network, targets, last, number);
  const held = (value: string, low: string, high: string): string =>
    normalise.clip === undefined ? value : graph.node('Clip', [value, low, high]);
  const clip = normalise.clip ?? 0;

  let normal = level === null ? lasting : graph.node('Sub', [lasting, level]);
  if (scale !== null) normal = graph.node('Div', [normal, scale]);
  normal = held(normal, number(-clip), number(clip));
  if (history > 0) normal = graph.node('Where', [graph.node('IsNaN', [lasting]), number(0), normal]);

  const lags = lagsOf(network).map((lag) => sliced(graph, normal, 1, history + 1 - lag, lag === 1 ? END : 1 - lag));
  const covariates = sliced(graph, window, 1, history, END);
  const others = input.past + input.future > 0 ? [sliced(graph, covariates, 2, C, END)] : [];
  const all =
    lags.length + others.length === 1
      ? (lags[0] as string)
      : graph.node('Concat', [...lags, ...others], { axis: { i: 2 } });
  const float = (value: string): string => (double ? graph.node('Cast', [value], FLOAT) : value);
  const bases = basesOf(graph, network, shape, lasting, level); // (B, H, C), (B, 1, C) or null

  return {
    rows: float(all),
    known: (offset) => float(at(graph, normal, offset)),
    fed(value, h) {
      let moved = value;
      if (normalise.kind === 'season' && bases !== null && level !== null) {
        const away = graph.node('Sub', [at(graph, bases, h), at(graph, level, 0)]);
        const own = scale === null ? away : graph.node('Div', [away, at(graph, scale, 0)]);
        moved = graph.node('Add', [moved, float(own)]);
      }
      const limit = (size: number): string => graph.constant(`${size} float32`, [], () => Float32Array.of(size));
      return held(moved, limit(-clip), limit(clip));
    },
    undo(outputs) {
      let raw = double ? graph.node('Cast', [outputs], DOUBLE) : outputs;
      if (scale !== null) raw = graph.node('Mul', [raw, graph.node('Unsqueeze', [scale, graph.wholes(3)])]);
      return bases === null ? raw : graph.node('Add', [raw, graph.node('Unsqueeze', [bases, graph.wholes(3)])]);
    },
  };
}

/** (B, 1, C) what inputs are relative to; null: 0. */
function levelOf(graph: Graph, { normalise }: Network, targets: string, last: string): string | null {
  if (normalise.kind === 'none') return null;
  if (normalise.kind !== 'mean') return last;
  // Of distances from the last value, so that a large level costs no digits.
  const distances = graph.node('Sub', [sliced(graph, targets, 1, -normalise.count, END), last]);
  return graph.node('Add', [last, mean(graph, distances)]);
}

/** (B, 1, C) what inputs are divided by; null: 1. */
function scaleOf(
  graph: Graph,
  { normalise: { scale } }: Network,
  targets: string,
  last: string,
  number: (value: number) => string,
): string | null {
  if (scale === undefined) return null;
  const distances = graph.node('Sub', [targets, last]);
  const away = graph.node('Sub', [distances, mean(graph, distances)]);
  let found: string;
  if (scale.kind === 'deviation') {
    const size = mean(graph, graph.node('Abs', [targets]));
    const least = graph.node('Mul', [size, number(scale.floor)]);
    found = graph.node('Max', [mean(graph, graph.node('Abs', [away])), least]);
  } else {
    const variance = mean(graph, graph.node('Mul', [away, away]));
    found = graph.node('Sqrt', [graph.node('Add', [variance, number(scale.epsilon)])]);
  }
  return graph.node('Where', [graph.node('Equal', [found, number(0)]), number(1), found]);
}

/** What predictions are relative to: the level, or of each step ahead the least whole number of seasons before it that is known. */
function basesOf(
  graph: Graph,
  { normalise, output }: Network,
  { lead }: WindowShape,
  lasting: string,
  level: string | null,
): string | null {
  if (normalise.kind !== 'season' || output.kind !== 'numbers') return level;
  const { season } = normalise;
  const before = Array.from({ length: output.horizon }, (_, h) => {
    const ahead = lead + h;
    return ahead - season * Math.max(1, Math.ceil((ahead + 1) / season));
  });
  return graph.node('Gather', [lasting, graph.wholes(...before)], { axis: { i: 1 } });
}

function mean(graph: Graph, values: string): string {
  return graph.node('ReduceMean', [values], { axes: { ints: [1] }, keepdims: { i: 1 } });
}

/** (B, C) of (B, T, C) at one step, counted from the end where negative. */
function at(graph: Graph, values: string, step: number): string {
  const index = graph.constant(`step ${step}`, [], () => BigInt64Array.of(BigInt(step)));
  return graph.node('Gather', [values, index], { axis: { i: 1 } });
}

function sliced(graph: Graph, from: string, axis: number, start: number, end: number): string {
  return graph.node('Slice', [from, graph.wholes(start), graph.wholes(end), graph.wholes(axis)]);
}
