// ONNX: the open exchange format of neural networks; every model of this program has a form in it, its normalisation included.
// In: a trained network. Out: model.onnx. Not here: encoders (they stay beside the model, guide.ts), reading.

import { directHorizon, type NetworkPlan, planNetwork } from '../models/plan.ts';
import type { ExportedModel, Format, Port, TrainedModel } from './format.ts';
import { createGraph, type Graph } from './onnx/graph.ts';
import { emitLayer } from './onnx/layers.ts';
import { IR_VERSION, OPSET } from './onnx/messages.ts';
import { emitNumbers } from './onnx/program.ts';
import { enterWindow, historyOf, isNormalised } from './onnx/window.ts';

const FILE = 'model.onnx';

export const onnx: Format = {
  kind: 'onnx',
  summary: 'Open Neural Network Exchange: every model, per-window normalisation included.',
  write(model) {
    const plan = planNetwork(model.network);
    const graph = createGraph();
    const input = inputOf(model);
    const ahead = aheadOf(model);
    const output = outputOf(model);
    const last =
      model.network.input.kind === 'tokens'
        ? emitTokens(graph, model, plan, input.name)
        : emitForecast(graph, model, plan, input.name, ahead?.name ?? null);
    const inputs = ahead === null ? [input] : [input, ahead];
    return {
      files: new Map([[FILE, graph.finish(inputs, output, last)]]),
      input,
      ...(ahead === null ? {} : { ahead }),
      output,
      history: model.network.input.kind === 'tokens' ? 0 : historyOf(model.network, model.shape),
      facts: { file: FILE, opset: OPSET, irVersion: IR_VERSION },
    } satisfies ExportedModel;
  },
};

/** Logits (B, V) after the last id. */
function emitTokens(graph: Graph, { weights }: TrainedModel, plan: NetworkPlan, ids: string): string {
  // Recurrent operators read time-major rows.
  let rows = graph.node('Transpose', [ids], { perm: { ints: [1, 0] } });
  for (const layer of plan.layers) rows = emitLayer(graph, layer, weights, rows, null);
  if (!plan.output.sequence) return rows;
  const last = graph.constant('last', [], () => BigInt64Array.of(-1n));
  return graph.node('Gather', [rows, last], { axis: { i: 0 } });
}

/** (B, H, C), or (B, H, C, Q) of quantiles. */
function emitForecast(
  graph: Graph,
  { network, weights, shape }: TrainedModel,
  plan: NetworkPlan,
  input: string,
  ahead: string | null,
): string {
  const window = enterWindow(graph, network, shape, input);
  const raw = window.undo(emitNumbers({ graph, network, plan, weights, window, ahead }));
  return network.loss.kind === 'pinball' ? raw : graph.node('Squeeze', [raw, graph.wholes(3)]);
}

function inputOf({ network, shape, steps }: TrainedModel): Port {
  const { input } = network;
  if (input.kind === 'tokens')
    return {
      name: 'ids',
      type: 'int64',
      shape: ['batch', steps ?? 'steps'],
      holds: 'token ids, oldest first; -1: unknown',
    };
  const history = historyOf(network, shape);
  return {
    name: 'window',
    type: isNormalised(network) ? 'float64' : 'float32',
    shape: [
      'batch',
      steps === null ? 'steps' : history + steps,
      input.targets + input.past + input.future * directHorizon(network),
    ],
    holds: 'encoded values, oldest step first',
  };
}

/** What the steps that run on own outputs have to be told: the columns known in advance. */
function aheadOf({ network: { input, freeRun } }: TrainedModel): Port | null {
  if (input.kind === 'tokens' || input.future === 0 || !freeRun) return null;
  return {
    name: 'ahead',
    type: 'float32',
    shape: ['batch', freeRun, input.future],
    holds: 'encoded values of the future columns, from the second step ahead on',
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
    type: isNormalised(network) ? 'float64' : 'float32',
    shape: ['batch', output.horizon, output.targets, ...(quantiles ? [output.quantiles] : [])],
    holds: 'encoded values of the steps ahead',
  };
}
