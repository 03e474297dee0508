// A graph under construction: nodes in order, constants, names that are given once. In: operators. Out: an ONNX file.
// Not here: what the operators mean (layers.ts, normalise.ts).

import type { Port } from '../format.ts';
import { type Attribute, modelMessage, nodeMessage, tensorMessage, type Values, valueMessage } from './messages.ts';

export interface Graph {
  /** Adds a node with one output, and gives the output's name. `at`: which of the operator's outputs is taken. */
  node(op: string, inputs: readonly string[], attributes?: { readonly [name: string]: Attribute }, at?: number): string;
  /** Adds a constant, and gives its name. */
  constant(name: string, shape: readonly number[], values: Values): string;
  /** Adds a list of whole numbers: shapes, axes. */
  wholes(...values: readonly number[]): string;
  /** The file, where `output` is what leaves under the port's name. */
  finish(input: Port, output: Port, last: string): Uint8Array;
}

export function createGraph(): Graph {
  const nodes: Uint8Array[] = [];
  const constants: Uint8Array[] = [];
  const counts = new Map<string, number>();
  const unique = (stem: string): string => {
    const count = (counts.get(stem) ?? 0) + 1;
    counts.set(stem, count);
    return count === 1 ? stem : `${stem}_${count}`;
  };
  const constant = (name: string, shape: readonly number[], values: Values): string => {
    const own = unique(name);
    constants.push(tensorMessage(own, shape, values));
    return own;
  };
  return {
    constant,
    wholes: (...values) => constant('wholes', [values.length], BigInt64Array.from(values, BigInt)),
    node(op, inputs, attributes = {}, at = 0) {
      const name = unique(op.toLowerCase());
      const output = `${name}:out`;
      nodes.push(nodeMessage(op, name, inputs, [...Array(at).fill(''), output], attributes));
      return output;
    },
    finish(input, output, last) {
      nodes.push(nodeMessage('Identity', unique('identity'), [last], [output.name], {}));
      const edge = ({ name, type, shape, holds }: Port): Uint8Array => valueMessage(name, type, shape, holds);
      return modelMessage(
        { name: 'forecast', nodes, constants, inputs: [edge(input)], outputs: [edge(output)] },
        'forecast-toolkit',
      );
    },
  };
}
