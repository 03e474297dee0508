// A graph under construction: nodes in order, constants, names that are given once. In: operators. Out: an ONNX file.
// Not here: what the operators mean (layers.ts, window.ts, program.ts).

import type { Port } from '../format.ts';
import { type Attribute, modelMessage, nodeMessage, tensorMessage, type Values, valueMessage } from './messages.ts';

type Attributes = { readonly [name: string]: Attribute };

export interface Graph {
  /** Adds a node with one output, and gives the output's name. */
  node(op: string, inputs: readonly string[], attributes?: Attributes): string;
  /** Adds a node, and gives the names of its first `count` outputs; those not in `wanted` are not computed. */
  several(
    op: string,
    inputs: readonly string[],
    attributes: Attributes,
    count: number,
    wanted: readonly number[],
  ): string[];
  /** A constant by its name, added where it is first asked for. */
  constant(name: string, shape: readonly number[], values: () => Values): string;
  /** A list of whole numbers: shapes, axes. */
  wholes(...values: readonly number[]): string;
  /** The file, where `last` is what leaves under the port's name. */
  finish(inputs: readonly Port[], output: Port, last: string): Uint8Array;
}

export function createGraph(): Graph {
  const nodes: Uint8Array[] = [];
  const constants = new Map<string, Uint8Array>();
  const read = new Set<string>();
  const counts = new Map<string, number>();
  const unique = (stem: string): string => {
    const count = (counts.get(stem) ?? 0) + 1;
    counts.set(stem, count);
    return count === 1 ? stem : `${stem}_${count}`;
  };
  const constant = (name: string, shape: readonly number[], values: () => Values): string => {
    if (!constants.has(name)) constants.set(name, tensorMessage(name, shape, values()));
    return name;
  };
  const several: Graph['several'] = (op, inputs, attributes, count, wanted) => {
    const name = unique(op.toLowerCase());
    const outputs = Array.from({ length: count }, (_, i) => (wanted.includes(i) ? `${name}:${i}` : ''));
    for (const input of inputs) read.add(input);
    nodes.push(nodeMessage(op, name, inputs, outputs, attributes));
    return outputs;
  };
  return {
    constant,
    several,
    wholes: (...values) => constant(`[${values}]`, [values.length], () => BigInt64Array.from(values, BigInt)),
    node: (op, inputs, attributes = {}) => several(op, inputs, attributes, 1, [0])[0] as string,
    finish(inputs, output, last) {
      nodes.push(nodeMessage('Identity', unique('identity'), [last], [output.name], {}));
      const edge = ({ name, type, shape, holds }: Port): Uint8Array => valueMessage(name, type, shape, holds);
      // onnxruntime warns of those that no node reads.
      const wanted = [...constants].filter(([constant]) => constant === last || read.has(constant));
      const parts = {
        name: 'forecast',
        nodes,
        constants: wanted.map(([, tensor]) => tensor),
        inputs: inputs.map(edge),
      };
      return modelMessage({ ...parts, outputs: [edge(output)] }, 'forecast-toolkit');
    },
  };
}
