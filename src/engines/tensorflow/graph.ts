// What was taken down of a scope as a graph of TensorFlow's: written as a SavedModel into a folder that is gone when it is loaded.
// In: a recording. Out: a graph. Not here: what is recorded, and when (recorder.ts).

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytesField, joined, messageField, textField, varintField } from '../../core/protobuf.ts';
import { type Attribute, FLOAT, FLOATS, type Graph, INT32, INT64, IS, type Kernels } from './kernels.ts';
import { type Element, type Fixed, type Noted, packsOf, type Recording, VARIABLE } from './recording.ts';

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
  AssignSubVariableOp: [],
  AssignVariableOp: [],
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
  Range: [['Tidx', 0]],
  ReadVariableOp: [],
  ResourceApplyAdam: [['T', 9]],
  ResourceApplyKerasMomentum: [['T', 2]],
  Slice: [
    ['T', 0],
    ['Index', 1],
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
  TensorScatterSub: [
    ['T', 0],
    ['Tindices', 1],
  ],
  UnsortedSegmentSum: [
    ['T', 0],
    ['Tindices', 1],
  ],
};
const FIRST = [['T', 0]] as const;

/** Attributes that say what an operation gives, where that is not what it is given. */
const GIVES: ReadonlySet<string> = new Set(['DstT', 'output_type']);

/** The shape of a variable is not told: by what TensorFlow knows of shapes it sums in another order. */
const SHAPELESS: Attribute = { name: 'shape', type: IS.shape, value: null };

function savedModel(recording: Recording): {
  readonly bytes: Uint8Array;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
} {
  const { notes, given, packed, wanted } = recording;
  const names: string[] = []; // by value
  const elements: Element[] = [];
  const turns = new Map<number, Turns>();
  const nodes: Uint8Array[] = [];
  const parts = new Map<number, string>();
  const packs = packsOf(recording);
  packs.forEach((places, p) => {
    const element = typeOf('T', given[places[0] as number] as Element);
    nodes.push(node(`p${p}`, 'Placeholder', [], [{ ...element, name: 'dtype' }]));
    nodes.push(node(`u${p}`, 'Unpack', [`p${p}`], [{ name: 'num', type: IS.int, value: places.length }, element]));
    places.forEach((i, part) => {
      parts.set(i, `u${p}:${part}`);
    });
  });
  given.forEach((element, i) => {
    if (packed[i] !== null) return;
    const known = element !== VARIABLE;
    nodes.push(node(`x${i}`, 'Placeholder', [], [typeOf('dtype', known ? element : FLOAT)]));
    if (known) return;
    nodes.push(
      node(`v${i}`, 'VarHandleOp', [], [{ name: 'shared_name', type: IS.text, value: `v${i}` }, ...FLOATS, SHAPELESS]),
    );
    nodes.push(node(`a${i}`, 'AssignVariableOp', [`v${i}`, `x${i}`], FLOATS));
    turns.set(i, { changed: `a${i}`, read: [] });
  });
  const nameOf = (number: number): string => {
    if (number >= 0) return names[number] as string;
    const i = -1 - number;
    return parts.get(i) ?? (turns.has(i) ? `v${i}` : `x${i}`);
  };
  notes.forEach((note, i) => {
    const inputs = note.inputs.map(nameOf);
    const types = note.inputs.map((number) => (number < 0 ? given[-1 - number] : elements[number]) as Element);
    const name = `n${i}`;
    const { attributes, gives } = note.fixed === null ? attributesOf(note, types) : constant(note.fixed);
    nodes.push(node(name, note.op, [...inputs, ...takeTurns(turns, note, name)], attributes));
    for (let output = 0; output < note.outputs; output++) {
      names.push(`${name}:${output}`);
      elements.push(gives);
    }
  });
  for (const [i, { changed }] of turns) nodes.push(node(`r${i}`, 'ReadVariableOp', [`v${i}`, `^${changed}`], FLOATS));
  const graph = [...nodes, messageField(4, [varintField(1, PRODUCER)])];
  const meta = [messageField(1, [textField(4, 'serve')]), messageField(2, graph)];
  return {
    bytes: joined([varintField(1, 1), messageField(2, meta)]),
    inputs: [...given.flatMap((_, i) => (packed[i] === null ? [`x${i}:0`] : [])), ...packs.map((_, p) => `p${p}:0`)],
    outputs: [...wanted.map((value) => names[value] as string), ...[...turns.keys()].map((i) => `r${i}:0`)],
  };
}

/** The last operation that changed a variable, and those that have read it since. */
interface Turns {
  readonly changed: string;
  readonly read: readonly string[];
}

/** What an operation on variables has to wait for, so that all have their turns in the order they were asked for. */
function takeTurns(turns: Map<number, Turns>, { op, inputs }: Noted, name: string): readonly string[] {
  return inputs.flatMap((number) => {
    const before = turns.get(-1 - number);
    if (!before) return [];
    const reads = op === 'ReadVariableOp';
    turns.set(-1 - number, reads ? { ...before, read: [...before.read, name] } : { changed: name, read: [] });
    return (reads ? [before.changed] : [before.changed, ...before.read]).map((one) => `^${one}`);
  });
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
  const gives = op === 'Equal' ? BOOL : ((other?.value ?? (follow[0] ? types[follow[0][1]] : FLOAT)) as Element);
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
  const sizes = shape.map((size) => messageField(2, [varintField(1, size)]));
  const tensor = joined([varintField(1, gives), messageField(2, sizes), bytesField(4, new Uint8Array(content))]);
  return { attributes: [typeOf('dtype', gives), { name: 'value', type: TENSOR, value: tensor }], gives };
}

// Messages of TensorFlow's graph.proto, node_def.proto, attr_value.proto, tensor.proto, meta_graph.proto and saved_model.proto.

/** A node of a graph, as a field of it. */
function node(name: string, op: string, inputs: readonly string[], attributes: readonly Attribute[]): Uint8Array {
  return messageField(1, [
    textField(1, name),
    textField(2, op),
    ...inputs.map((input) => textField(3, input)),
    ...attributes.map((attribute) =>
      messageField(5, [textField(1, attribute.name), messageField(2, [contentOf(attribute)])]),
    ),
  ]);
}

function contentOf({ type, value }: Attribute): Uint8Array {
  if (type === TENSOR) return bytesField(8, value as Uint8Array);
  if (type === IS.text) return textField(2, value as string);
  if (type === IS.shape) return messageField(7, [varintField(3, 1)]);
  if (type === IS.type) return varintField(6, value as number);
  if (type === IS.bool) return varintField(5, Number(value));
  return varintField(3, value as number);
}
