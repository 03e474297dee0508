// Every layer as ONNX operators; a layer without a form here does not compile. Rows are time-major, as the recurrent operators want them.
// In: a planned layer, its weights, the name of what it reads. Out: the name of what it gives. Not here: the ends of the graph (../onnx.ts).

import { ForecastError } from '../../core/errors.ts';
import type { Tensor, Tensors } from '../../core/tensor.ts';
import type { Activation, LayerName, SpecOf } from '../../layers/layer.ts';
import type { PlannedLayer } from '../../layers/plan.ts';
import { weightOf } from '../weights.ts';
import type { Graph } from './graph.ts';

/** Names of the states a recurrent layer goes on from, by layer: the hidden one, and of an lstm the cell's, (1, B, U) each. */
export type States = Map<string, readonly string[]>;

/** What a layer reads and gives: (T, B, F), (B, F), or ids (T, B). `states`: kept from call to call; null: every call begins at zero. */
type Emit<Spec> = (
  graph: Graph,
  spec: Spec,
  layer: PlannedLayer,
  weights: Tensors,
  input: string,
  states: States | null,
) => string;

const EMIT: { readonly [K in LayerName]: Emit<SpecOf<K>> } = {
  dense: (graph, spec, layer, weights, input) => {
    const kernel = partOf(weights, layer, 'kernel');
    const product = layer.input.ids
      ? lookUp(graph, `${spec.name}/kernel`, kernel, input)
      : graph.node('MatMul', [input, constantOf(graph, `${spec.name}/kernel`, kernel)]);
    const bias = constantOf(graph, `${spec.name}/bias`, partOf(weights, layer, 'bias'));
    return activated(graph, spec.activation, graph.node('Add', [product, bias]));
  },

  dropout: (_graph, _spec, _layer, _weights, input) => input,

  embedding: (graph, spec, layer, weights, input) =>
    lookUp(graph, `${spec.name}/embeddings`, partOf(weights, layer, 'embeddings'), input),

  'layer-norm': (graph, spec, layer, weights, input) => {
    const gamma = constantOf(graph, `${spec.name}/gamma`, partOf(weights, layer, 'gamma'));
    const beta = constantOf(graph, `${spec.name}/beta`, partOf(weights, layer, 'beta'));
    return graph.node('LayerNormalization', [input, gamma, beta], { axis: { i: -1 }, epsilon: { f: spec.epsilon } });
  },

  'simple-rnn': (graph, spec, layer, weights, input, states) => {
    // The linear one is the affine one at slope 1.
    const activation = { linear: 'Affine', relu: 'Relu', tanh: 'Tanh', sigmoid: 'Sigmoid' }[spec.activation];
    return recurrent(graph, spec, layer, weights, input, states, {
      op: 'RNN',
      order: [0],
      activations: [activation],
      ...(spec.activation === 'linear' ? { alpha: 1, beta: 0 } : {}),
    });
  },

  gru: (graph, spec, layer, weights, input, states) =>
    recurrent(graph, spec, layer, weights, input, states, {
      op: 'GRU',
      order: [0, 1, 2], // z r h, as here
      activations: ['Sigmoid', 'Tanh'],
      resetAfter: true,
    }),

  lstm: (graph, spec, layer, weights, input, states) => {
    const shown = spec.activation === 'relu' ? 'Relu' : 'Tanh';
    return recurrent(graph, spec, layer, weights, input, states, {
      op: 'LSTM',
      order: [0, 3, 1, 2], // i o f c from i f c o
      activations: ['Sigmoid', shown, shown],
    });
  },
};

/** Adds a layer. Errors: E_MODEL_LAYER for one this table does not know, E_MODEL_SHAPE where its weights do not fit. */
export function emitLayer(
  graph: Graph,
  layer: PlannedLayer,
  weights: Tensors,
  input: string,
  states: States | null,
): string {
  const emit = EMIT[layer.spec.kind] as Emit<PlannedLayer['spec']> | undefined;
  if (emit) return emit(graph, layer.spec, layer, weights, input, states);
  throw new ForecastError('E_MODEL_LAYER', `onnx has no form for layer "${layer.spec.name}" (${layer.spec.kind})`);
}

function activated(graph: Graph, activation: Activation, input: string): string {
  const op = { linear: null, relu: 'Relu', tanh: 'Tanh', sigmoid: 'Sigmoid' }[activation];
  return op === null ? input : graph.node(op, [input]);
}

/** Rows of a matrix by id; −1 reads the row of zeros that is added behind the last. */
function lookUp(graph: Graph, name: string, matrix: Tensor, ids: string): string {
  const [rows, width] = matrix.shape as [number, number];
  const padded = graph.constant(name, [rows + 1, width], () => {
    const values = new Float32Array((rows + 1) * width);
    values.set(matrix.data);
    return values;
  });
  return graph.node('Gather', [padded, ids], { axis: { i: 0 } });
}

interface Recurrence {
  readonly op: 'RNN' | 'GRU' | 'LSTM';
  /** Which of our column blocks stands at each place of the operator's. */
  readonly order: readonly number[];
  readonly activations: readonly string[];
  readonly alpha?: number;
  readonly beta?: number;
  readonly resetAfter?: boolean;
}

type RecurrentSpec = SpecOf<'lstm'> | SpecOf<'gru'> | SpecOf<'simple-rnn'>;

function recurrent(
  graph: Graph,
  spec: RecurrentSpec,
  layer: PlannedLayer,
  weights: Tensors,
  input: string,
  states: States | null,
  { op, order, activations, alpha, beta, resetAfter }: Recurrence,
): string {
  const { units, bidirectional } = spec;
  const prefixes = bidirectional ? ['forward_', 'backward_'] : [''];
  const D = prefixes.length;
  const G = order.length;
  // One column more than ids: −1 counts from the end, and finds a column of zeros.
  const features = layer.input.ids ? layer.input.features + 1 : layer.input.features;
  /** One part of both directions, (D, rows, …), each direction filled at its own place. */
  const stacked = (name: string, shape: readonly number[], part: string, fill: Fill): string =>
    graph.constant(`${spec.name}/${name}`, shape, () => {
      const values = new Float32Array(shape.reduce((product, n) => product * n, 1));
      const size = values.length / D;
      for (const [d, prefix] of prefixes.entries())
        fill(partOf(weights, layer, prefix + part), order, units, values, d * size, shape);
      return values;
    });
  const before = states?.get(spec.name);
  const inputs = [
    layer.input.ids ? oneHot(graph, input, features) : input,
    stacked('W', [D, G * units, features], 'kernel', turned),
    stacked('R', [D, G * units, units], 'recurrent_kernel', turned),
    stacked('B', [D, 2 * G * units], 'bias', ordered), // [input G·U | recurrent G·U]
    ...(before ? ['', ...before] : []),
  ];
  const attributes = {
    hidden_size: { i: units },
    direction: { s: bidirectional ? 'bidirectional' : 'forward' },
    activations: { strings: prefixes.flatMap(() => activations) },
    ...(alpha === undefined ? {} : { activation_alpha: { floats: prefixes.map(() => alpha) } }),
    ...(beta === undefined ? {} : { activation_beta: { floats: prefixes.map(() => beta) } }),
    ...(resetAfter ? { linear_before_reset: { i: 1 } } : {}),
  };
  const kept = states === null ? [] : op === 'LSTM' ? [1, 2] : [1];
  const wanted = [spec.sequences ? 0 : 1, ...kept];
  const outputs = graph.several(op, inputs, attributes, Math.max(...wanted) + 1, wanted);
  states?.set(
    spec.name,
    kept.map((i) => outputs[i] as string),
  );
  return spec.sequences
    ? everyState(graph, outputs[0] as string, D, units)
    : lastState(graph, outputs[1] as string, D, units);
}

/** (T, B, D · U) of (T, D, B, U). */
function everyState(graph: Graph, states: string, D: number, units: number): string {
  if (D === 1) return graph.node('Squeeze', [states, graph.wholes(1)]);
  const besides = graph.node('Transpose', [states], { perm: { ints: [0, 2, 1, 3] } });
  return graph.node('Reshape', [besides, graph.wholes(0, 0, D * units)]);
}

/** (B, D · U) of (D, B, U). */
function lastState(graph: Graph, states: string, D: number, units: number): string {
  if (D === 1) return graph.node('Squeeze', [states, graph.wholes(0)]);
  const besides = graph.node('Transpose', [states], { perm: { ints: [1, 0, 2] } });
  return graph.node('Reshape', [besides, graph.wholes(0, D * units)]);
}

function oneHot(graph: Graph, ids: string, depth: number): string {
  const values = graph.constant('off, on', [2], () => Float32Array.of(0, 1));
  const size = graph.constant(`depth ${depth}`, [], () => BigInt64Array.of(BigInt(depth)));
  return graph.node('OneHot', [ids, size, values], { axis: { i: -1 } });
}

/** Writes one direction's part at `at` of `out`, blocks of columns in the operator's order. */
type Fill = (
  tensor: Tensor,
  order: readonly number[],
  units: number,
  out: Float32Array,
  at: number,
  shape: readonly number[],
) => void;

/** Ours (rows, G · U) as theirs (G · U, width): transposed; columns beyond our rows stay 0. */
const turned: Fill = ({ shape, data }, order, units, out, at, [, , width]) => {
  const [rows, columns] = shape as [number, number];
  order.forEach((block, place) => {
    for (let u = 0; u < units; u++) {
      for (let row = 0; row < rows; row++)
        out[at + (place * units + u) * (width as number) + row] = data[row * columns + block * units + u] as number;
    }
  });
};

/** A bias of one row (the recurrent one stays 0), or of two: input, recurrent. */
const ordered: Fill = ({ data }, order, units, out, at) => {
  const width = order.length * units;
  for (let row = 0; row * width < data.length; row++) {
    order.forEach((block, place) => {
      for (let u = 0; u < units; u++)
        out[at + row * width + place * units + u] = data[row * width + block * units + u] as number;
    });
  }
};

function constantOf(graph: Graph, name: string, { shape, data }: Tensor): string {
  return graph.constant(name, shape, () => Float32Array.from(data));
}

function partOf(weights: Tensors, layer: PlannedLayer, part: string): Tensor {
  const name = `${layer.spec.name}/${part}`;
  const plan = layer.weights.find((weight) => weight.name === name);
  return weightOf(weights, plan ?? { name, shape: [] });
}
