// The ONNX messages a graph needs, field numbers as in the standard's onnx.proto. In: plain values. Out: bytes.
// Not here: which nodes a network becomes (graph.ts, layers.ts).

import { bytesField, floatField, joined, messageField, textField, varintField } from '../../core/protobuf.ts';

/** Operators as of this set; layer normalisation is one from 17 on. */
export const OPSET = 17;
/** The version of the file form that came with the operator set. */
export const IR_VERSION = 8;

export type ElementType = 'float32' | 'float64' | 'int32' | 'int64';

/** TensorProto.DataType. */
const ELEMENT: { readonly [T in ElementType]: number } = { float32: 1, int32: 6, int64: 7, float64: 11 };

/** AttributeProto.AttributeType, and the field its value stands in. */
const ATTRIBUTE = {
  f: { type: 1, field: 2 },
  i: { type: 2, field: 3 },
  s: { type: 3, field: 4 },
  floats: { type: 6, field: 7 },
  ints: { type: 7, field: 8 },
  strings: { type: 8, field: 9 },
} as const;

export type Attribute =
  | { readonly f: number }
  | { readonly i: number }
  | { readonly s: string }
  | { readonly floats: readonly number[] }
  | { readonly ints: readonly number[] }
  | { readonly strings: readonly string[] };

export type Values = Float32Array | Float64Array | BigInt64Array;

export function nodeMessage(
  op: string,
  name: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: { readonly [name: string]: Attribute },
): Uint8Array {
  return joined([
    ...inputs.map((input) => textField(1, input)),
    ...outputs.map((output) => textField(2, output)),
    textField(3, name),
    textField(4, op),
    ...Object.entries(attributes).map(([key, attribute]) => messageField(5, attributeParts(key, attribute))),
  ]);
}

function attributeParts(name: string, attribute: Attribute): Uint8Array[] {
  const [form, value] = Object.entries(attribute)[0] as [keyof typeof ATTRIBUTE, unknown];
  const { type, field } = ATTRIBUTE[form];
  const list = (Array.isArray(value) ? value : [value]) as (number | string)[];
  const part = (one: number | string): Uint8Array => {
    if (typeof one === 'string') return textField(field, one);
    return form === 'f' || form === 'floats' ? floatField(field, one) : varintField(field, one);
  };
  return [textField(1, name), ...list.map(part), varintField(20, type)];
}

/** TensorProto: a named constant. */
export function tensorMessage(name: string, shape: readonly number[], values: Values): Uint8Array {
  return joined([
    ...shape.map((size) => varintField(1, size)),
    varintField(2, ELEMENT[typeOf(values)]),
    textField(8, name),
    bytesField(9, littleEndian(values)),
  ]);
}

/** ValueInfoProto: a tensor at the edge of the graph. A name in place of a size: any size. */
export function valueMessage(
  name: string,
  type: ElementType,
  shape: readonly (number | string)[],
  holds: string,
): Uint8Array {
  const dimensions = shape.map((size) =>
    messageField(1, [typeof size === 'number' ? varintField(1, size) : textField(2, size)]),
  );
  const tensor = [varintField(1, ELEMENT[type]), messageField(2, dimensions)];
  return joined([textField(1, name), messageField(2, [messageField(1, tensor)]), textField(3, holds)]);
}

export interface GraphParts {
  readonly name: string;
  readonly nodes: readonly Uint8Array[];
  readonly constants: readonly Uint8Array[];
  readonly inputs: readonly Uint8Array[];
  readonly outputs: readonly Uint8Array[];
}

/** ModelProto: the whole file. */
export function modelMessage(graph: GraphParts, producer: string): Uint8Array {
  const body = [
    ...graph.nodes.map((node) => bytesField(1, node)),
    textField(2, graph.name),
    ...graph.constants.map((tensor) => bytesField(5, tensor)),
    ...graph.inputs.map((value) => bytesField(11, value)),
    ...graph.outputs.map((value) => bytesField(12, value)),
  ];
  return joined([
    varintField(1, IR_VERSION),
    textField(2, producer),
    messageField(7, body),
    messageField(8, [textField(1, ''), varintField(2, OPSET)]),
  ]);
}

function typeOf(values: Values): ElementType {
  if (values instanceof Float32Array) return 'float32';
  return values instanceof Float64Array ? 'float64' : 'int64';
}

function littleEndian(values: Values): Uint8Array {
  const bytes = new Uint8Array(values.byteLength);
  const view = new DataView(bytes.buffer);
  const width = values.BYTES_PER_ELEMENT;
  if (values instanceof Float32Array) values.forEach((value, i) => void view.setFloat32(i * width, value, true));
  else if (values instanceof Float64Array) values.forEach((value, i) => void view.setFloat64(i * width, value, true));
  else values.forEach((value, i) => void view.setBigInt64(i * width, value, true));
  return bytes;
}
