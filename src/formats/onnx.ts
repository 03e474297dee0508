// ONNX: the open exchange format of neural networks; every model of this program has a form in it, its normalisation included.
// In: a trained network. Out: model.onnx. Not here: encoders (they stay beside the model, guide.ts), reading.

import { planNetwork } from '../models/plan.ts';
import { type ExportedModel, type Format, type Port, refuseUnknown, type TrainedModel } from './format.ts';
import { createGraph, type Graph } from './onnx/graph.ts';
import { emitLayer } from './onnx/layers.ts';
import { IR_VERSION, OPSET } from './onnx/messages.ts';
import { type Normalised, normalised } from './onnx/normalise.ts';

/** State begins at zero in each window given alone, here as there. */
const KNOWN: ReadonlySet<string> = new Set(['normalise: last', 'normalise: mean', 'carry']);

export const onnx: Format = {
  kind: 'onnx',
  summary: 'Open Neural Network Exchange: every model, per-window normalisation included.',
  write(model) {
    const { network, weights } = model;
    refuseUnknown(network, 'onnx', KNOWN, 'leave it out, and train again');
    const plan = planNetwork(network);
    const graph = createGraph();
    const input = inputOf(model, plan.input.features);
    const output = outputOf(model);
    let scale: Normalised | null = null;
    let rows = input.name;
    if (input.type === 'float64') {
      scale = normalised(graph, network, rows);
      rows = scale.rows;
    }
    // Recurrent operators read time-major rows.
    rows = graph.node('Transpose', [rows], { perm: { ints: network.input.kind === 'tokens' ? [1, 0] : [1, 0, 2] } });
    for (const layer of plan.layers) rows = emitLayer(graph, layer, weights, rows);
    if (plan.output.sequence) {
      const last = graph.constant('last', [], BigInt64Array.of(-1n));
      rows = graph.node('Gather', [rows, last], { axis: { i: 0 } });
    }
    return {
      files: new Map([['model.onnx', graph.finish(input, output, shaped(graph, model, scale, rows))]]),
      input,
      output,
      facts: { file: 'model.onnx', opset: OPSET, irVersion: IR_VERSION },
    } satisfies ExportedModel;
  },
};

function inputOf({ network, steps }: TrainedModel, features: number): Port {
  const time = steps ?? 'steps';
  if (network.input.kind === 'tokens')
    return { name: 'ids', type: 'int64', shape: ['batch', time], holds: 'token ids, oldest first; -1: unknown' };
  return {
    name: 'window',
    type: network.normalise.kind === 'none' ? 'float32' : 'float64',
    shape: ['batch', time, features],
    holds: 'encoded values, oldest step first',
  };
}

function outputOf({ network }: TrainedModel): Port {
  const { output } = network;
  if (output.kind === 'tokens')
    return {
      name: 'logits',
      type: 'float32',
      shape: ['batch', output.vocabulary],
      holds: 'one logit per token id, of the token that follows the window; softmax gives probabilities',
    };
  const quantiles = network.loss.kind === 'pinball';
  return {
    name: 'forecast',
    type: network.normalise.kind === 'none' ? 'float32' : 'float64',
    shape: ['batch', output.horizon, output.targets, ...(quantiles ? [output.quantiles] : [])],
    holds: 'encoded values of the steps ahead',
  };
}

/** From flat rows (B, H · C · Q) to the shape that leaves, normalisation undone. */
function shaped(graph: Graph, { network }: TrainedModel, scale: Normalised | null, rows: string): string {
  const { output } = network;
  if (output.kind === 'tokens') return rows;
  const { horizon: H, targets: C, quantiles: Q } = output;
  const full = graph.node('Reshape', [rows, graph.wholes(0, H, C, Q)]);
  const raw = scale === null ? full : scale.undo(full);
  return network.loss.kind === 'pinball' ? raw : graph.node('Squeeze', [raw, graph.wholes(3)]);
}
