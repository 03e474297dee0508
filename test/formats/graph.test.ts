// What a graph under construction leaves in its file.

import { expect, it } from 'vitest';
import { createGraph } from '../../src/formats/onnx/graph.ts';

it('a constant that no node reads is not in the file: onnxruntime warns of it whenever the model is opened', () => {
  const graph = createGraph();
  graph.constant('in vain', [1], () => Float32Array.of(0));
  const one = graph.constant('of use', [1], () => Float32Array.of(1));
  const port = { type: 'float32', shape: ['batch'], holds: 'numbers' } as const;
  const file = graph.finish([{ name: 'x', ...port }], { name: 'y', ...port }, graph.node('Add', ['x', one]));
  const text = new TextDecoder('latin1').decode(file);
  expect(text).toContain('of use');
  expect(text).not.toContain('in vain');
});
