// What was taken down of a scope as a graph of TensorFlow's: written as a SavedModel into a folder that is gone when it is loaded.
// In: a recording. Out: a graph. Not here: what is recorded, and when (recorder.ts).

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Attribute, type Graph, INT32, INT64, IS, type Kernels } from './kernels.ts';
import type { Element, Fixed, Noted, Recording } from './recording.ts';

const BOOL = 10;

/** The graph, ready to run; null where there is no folder to write it into, or TensorFlow does not take it. */
export function openGraph(k: Kernels, recording: Recording): Graph | null {
  let folder: string | null = null;
  try {
    folder = mkdtempSync(join(tmpdir(), 'forecast-graph-'));
    const { bytes, inputs, outputs } = savedModel(recording);
    writeFileSync(join(folder, 'saved_model.pb'), bytes);
    return k.open(folder, inputs, outputs);
  } catch {
    return null;
  } finally {
    if (folder !== null) rmSync(folder, { recursive: true, force: true });
  }
}

/** Which attribute names the element type of which input; of all others: T, of the first. */
const ELEMENTS: { readonly [op: string]: readonly (readonly [string, number])[] } = {
  BlockLSTMV2: [['T', 1]],
  BlockLSTMGradV2: [['T', 1]],
  Cast: [['SrcT', 0]],
  GatherV2: [
    ['Tparams', 0],
    ['Tindices', 1],
    ['Taxis', 2],
  ],
  OneHot: [
    ['T', 2],
    ['TI', 0],
  ],
  Slice: [
    ['T', 0],
    ['Index', 1],
  ],
  SparseSoftmaxCrossEntropyWithLogits: [
    ['T', 0],
    ['Tlabels', 1],
  ],
  Split: [['T', 1]],
  SplitV: [
    ['T', 0],
    ['Tlen', 1],
  ],
  StridedSlice: [
    ['T', 0],
    ['Index', 1],
  ],
  UnsortedSegmentSum: [
    ['T', 0],
    ['Tindices', 1],
  ],
};
const FIRST = [['T', 0]] as const;

/** Attributes that say what an operation gives, where that is not what it is given. */
const GIVES: ReadonlySet<string> = new Set(['DstT', 'output_type']);

function savedModel({ notes, given, wanted }: Recording): {
  readonly bytes: Uint8Array;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
} {
  const names: string[] = []; // by value
  const elements: Element[] = [];
  const nodes = given.map((element, i) => node(`x${i}`, 'Placeholder', [], [typeOf('dtype', element)]));
  notes.forEach((note, i) => {
    const inputs = note.inputs.map((number) => (number < 0 ? `x${-1 - number}` : (names[number] as string)));
    const types = note.inputs.map((number) => (number < 0 ? given[-1 - number] : elements[number]) as Element);
    const name = `n${i}`;
    const { attributes, gives } = note.fixed === null ? attributesOf(note, types) : constant(note.fixed);
    nodes.push(node(name, note.op, inputs, attributes));
    for (let output = 0; output < note.outputs; output++) {
      names.push(`${name}:${output}`);
      elements.push(gives);
    }
  });
  const graph = [...nodes.map((one) => bytes(1, one)), bytes(4, whole(1, PRODUCER))];
  const meta = [bytes(1, bytes(4, text('serve'))), bytes(2, ...graph)];
  return {
    bytes: joined([whole(1, 1), bytes(2, ...meta)]),
    inputs: given.map((_, i) => `x${i}:0`),
    outputs: wanted.map((value) => names[value] as string),
  };
}

/** The version of graphs this is written by: TensorFlow 2.9's. */
const PRODUCER = 1087;

function attributesOf(
  { op, attributes }: Noted,
  types: readonly Element[],
): { readonly attributes: readonly Attribute[]; readonly gives: Element } {
  const said = new Set(attributes.map(({ name }) => name));
  const follow = ELEMENTS[op] ?? FIRST;
  const added = follow
    .filter(([name]) => !said.has(name))
    .map(([name, input]) => typeOf(name, types[input] as Element));
  const other = attributes.find(({ name }) => GIVES.has(name));
  const gives = op === 'Equal' ? BOOL : ((other?.value ?? types[follow[0]![1]]) as Element);
  return { attributes: [...attributes, ...added], gives };
}

function typeOf(name: string, value: Element): Attribute {
  return { name, type: IS.type, value };
}

const TENSOR = -1;

function constant({ values, shape, wide }: Fixed): {
  readonly attributes: readonly Attribute[];
  readonly gives: Element;
} {
  const gives = wide ? INT64 : INT32;
  const content = wide ? BigInt64Array.from(values, (value) => BigInt(value)).buffer : Int32Array.from(values).buffer;
  const tensor = joined([whole(1, gives), bytes(2, ...shape.map(size)), bytes(4, new Uint8Array(content))]);
  return { attributes: [typeOf('dtype', gives), { name: 'value', type: TENSOR, value: tensor }], gives };
}

// Protocol buffers: a message is its fields one after the other, each a number, a kind and a content.

function node(name: string, op: string, inputs: readonly string[], attributes: readonly Attribute[]): Uint8Array {
  return joined([
    bytes(1, text(name)),
    bytes(2, text(op)),
    ...inputs.map((input) => bytes(3, text(input))),
    ...attributes.map((attribute) => bytes(5, bytes(1, text(attribute.name)), bytes(2, contentOf(attribute)))),
  ]);
}

function contentOf({ type, value }: Attribute): Uint8Array {
  if (type === TENSOR) return bytes(8, value as Uint8Array);
  if (type === IS.type) return whole(6, value as number);
  if (type === IS.bool) return whole(5, Number(value));
  return whole(3, value as number);
}

function size(dimension: number): Uint8Array {
  return bytes(2, whole(1, dimension));
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

/** A field of a whole number that is not below 0. */
function whole(field: number, value: number): Uint8Array {
  return Uint8Array.from([...varint(field * 8), ...varint(value)]);
}

/** A field of bytes, or of a message's fields. */
function bytes(field: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return joined([Uint8Array.from([...varint(field * 8 + 2), ...varint(length)]), ...parts]);
}

/** Seven bits a byte, the lowest first; all but the last carry a mark. */
function varint(value: number): readonly number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
