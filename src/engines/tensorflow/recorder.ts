// Kernels that first take down what is asked of them in a scope, and do it when it is settled: by a graph where the same was asked for often
// enough, one operation after the other until then. Several steps at once by a graph alone. In: operations. Out: tensors. Not here: what a graph is in bytes (graph.ts).

import { ForecastError } from '../../core/errors.ts';
import { sizeOf } from '../../core/tensor.ts';
import { openGraph } from './graph.ts';
import { type Attributes, FLOAT, FLOATS, type Graph, type Id, INT32, type Kernels, NONE } from './kernels.ts';
import {
  type Element,
  type Fixed,
  type Noted,
  packsOf,
  type Recording,
  repeats,
  same,
  sameFixed,
  VARIABLE,
} from './recording.ts';

export interface Recorder {
  readonly kernels: Kernels;
  /** Operations settled last, where a graph did them; 0 else. */
  readonly operations: number;
  /**
   * Takes down all that is asked for, variables read and changed too, and does it in one graph; null, and nothing is done, before a graph
   * would have saved what it costs, `saved` multiply-adds at a time, meant to be asked for so many times. The variables stay as they are.
   */
  together(variables: ReadonlySet<Id>, saved: number, times: number, ask: () => Id): Together | null;
  /** Closes its graphs. */
  close(): void;
}

export interface Together {
  /** What was asked for. */
  readonly values: readonly number[];
  /** What would be in the variables; to be freed. */
  readonly variables: ReadonlyMap<Id, Id>;
}

interface Known extends Recording {
  readonly asked: readonly Asked[];
  /** Multiply-adds without a graph. */
  done: number;
  graph: Graph | null;
}

/** Whole numbers asked for, and the value they are. */
interface Asked {
  readonly fixed: Fixed;
  readonly id: Id;
}

/** A scope at work. */
interface Trace {
  readonly notes: Noted[];
  /** What was asked for another time, as long as all is asked for as it was then; null: something was not. */
  like: Known | null;
  /** Values made. */
  values: number;
  /** What was given, numbered in order of first use. */
  readonly given: Map<Id, number>;
  readonly elements: Element[];
  readonly packed: (string | null)[];
  /** Values that are given together, as −1, −2 and so on. */
  readonly uploads: Upload[];
  /** Of what was given: whole numbers; all else is float32. */
  readonly whole: Set<Id>;
  /** Whole numbers that belong to what is asked, as often as they are. */
  readonly asked: Asked[];
  /** Each once; where it is like another time, that tells. */
  readonly fixed: Map<string, Id>;
  /** Where values are, by number, after settling. */
  settled: Id[] | null;
  /** What is taken down too; null: operations on variables are done at once. */
  readonly variables: ReadonlySet<Id> | null;
}

interface Upload {
  readonly values: Float32Array | Int32Array;
  readonly shape: readonly number[];
}

/** Values not yet computed are numbered from here on; TensorFlow's own numbers have 32 bits. */
const LATER = 0x1_0000_0000;

/** What a graph costs, and an operation in it, in multiply-adds: nothing is gained before as much was done without one. */
const START = 0.75e9;
const OPERATION = 6e6;
/** One in so many steps that are meant to be taken is counted on: training may stop early. */
const UNSURE = 20;
/** What the call of an operation costs without one. */
const CALL = 0.2e6;
/** Operations of the largest graph: TensorFlow looks through it before it runs first, a second then, and nothing can stop it. */
const LARGEST = 4500;

/** Batches of full and partial size, in training, validation and use, with and without padding. */
const MOST = 24;

/** Values from which a tensor all of one value is kept for the steps to come, not made and handed over anew in each of them. */
const LARGE = 4096;
/** How many of them: one for each size of batches. */
const MOST_FILLED = 8;

/** These change, or tell, what may have changed: done at once, in their order. */
const AT_ONCE: ReadonlySet<string> = new Set(['VarHandleOp', 'ReadVariableOp', 'DeepCopy']);

const keyOf = ({ values, shape, wide }: Fixed): string => `${values} ${shape} ${wide}`;

/** `patience`: 0 makes a graph at once; Infinity none. */
export function createRecorder(k: Kernels, patience: number = 1): Recorder {
  const known: Known[] = [];
  let strands = 2;
  let trace: Trace | null = null;
  let refused = false;
  let operations = 0;
  const filled = new Map<string, Id>();
  let lately: Known | null = null; // most scopes ask for what the one before them did: what is alike is not taken down anew

  const real = (id: Id): Id => {
    if (id < LATER) return id;
    const found = trace?.settled?.[id - LATER];
    if (found === undefined) throw new ForecastError('E_BUG', 'a tensor is read that was not settled');
    return found;
  };
  const note = (
    op: string,
    attributes: Attributes,
    inputs: readonly Id[],
    outputs: number,
    fixed: Fixed | null,
  ): Id => {
    const at = trace as Trace;
    const { notes, values } = at;
    const numbers = inputs.map(numberOf);
    const before = at.like?.notes[notes.length];
    const again = before !== undefined && repeats(before, op, attributes, numbers, outputs, fixed);
    if (!again) leave(at);
    notes.push(again ? before : { op, attributes, inputs: numbers, outputs, fixed });
    at.values += outputs;
    return LATER + values;
  };
  const numberOf = (id: Id): number => {
    if (id >= LATER) return id - LATER;
    const { given, elements, packed, uploads, whole, variables } = trace as Trace;
    const number = given.get(id);
    if (number !== undefined) return number;
    given.set(id, -1 - elements.length);
    packed.push(uploads[-1 - id]?.shape.join() ?? null);
    return -elements.push(variables?.has(id) ? VARIABLE : whole.has(id) ? INT32 : FLOAT);
  };
  /** From here on it is not like another time. */
  const leave = (at: Trace): void => {
    if (at.like === null) return;
    at.like = null;
    for (const { fixed, id } of at.asked) at.fixed.set(keyOf(fixed), id);
  };
  const recording = (): boolean => trace !== null && trace.settled === null;
  /** Each tensor costs a call here and some in a graph: those of several steps are given together. */
  const upload = (values: Float32Array | Int32Array, shape: readonly number[]): Id => {
    const { uploads, whole } = trace as Trace;
    const known = uploads.findIndex((one) => one.values === values);
    if (known >= 0) return -1 - known;
    const id = -uploads.push({ values, shape });
    if (values instanceof Int32Array) whole.add(id);
    return id;
  };

  /** One tensor of several of one shape. */
  const pack = (parts: readonly Upload[]): Id => {
    const { values, shape } = parts[0] as Upload;
    const size = parts.length * values.length;
    const all = values instanceof Int32Array ? new Int32Array(size) : new Float32Array(size);
    parts.forEach((part, i) => {
      all.set(part.values, i * values.length);
    });
    const sizes = [parts.length, ...shape];
    return all instanceof Int32Array ? k.ints(all, sizes) : k.floats(all, sizes);
  };

  /** One operation after the other. */
  const play = ({ notes, given }: Trace): Id[] => {
    const outside = [...given.keys()];
    const values: Id[] = [];
    for (const { op, attributes, inputs, outputs, fixed } of notes) {
      if (fixed) values.push(k.fixed(fixed.values, fixed.shape, fixed.wide));
      else {
        const at = inputs.map((number) => (number < 0 ? outside[-1 - number] : values[number]) as Id);
        values.push(...k.many(op, attributes, at, outputs));
      }
    }
    return values;
  };

  /** By the graph where there is one. */
  const compute = (at: Trace, wanted: readonly number[], work: number, times: number): Id[] => {
    if (at.notes.length > LARGEST) {
      strands = 1;
      return play(at);
    }
    const graph = graphOf(at, wanted, work + CALL * at.notes.length, times);
    operations = graph === null ? 0 : at.notes.length;
    if (graph === null) return play(at);
    const values: Id[] = [];
    graph.run([...at.given.keys()]).forEach((id, i) => {
      values[wanted[i] as number] = id;
    });
    return values;
  };

  /** Null where there is none, or not yet. */
  const graphOf = (at: Trace, wanted: readonly number[], work: number, times: number): Graph | null => {
    const { notes, elements, packed } = at;
    const asked = { notes, given: elements, packed, wanted };
    const again = at.like !== null && same(at.like, asked) ? at.like : known.find((one) => same(one, asked));
    const found = again ?? remember(asked, at.asked);
    lately = found;
    if (found === null) return null;
    const sure = found.done + work * (times / UNSURE);
    if (found.graph === null && !refused && sure >= patience * (START + OPERATION * notes.length)) {
      found.graph = openGraph(k, found);
      refused = found.graph === null;
    }
    if (found.graph === null) found.done += work;
    return found.graph;
  };

  const remember = (recording: Recording, asked: readonly Asked[]): Known | null => {
    if (known.length >= MOST) {
      const kept = known.filter(({ graph }) => graph !== null);
      known.splice(0, known.length, ...kept);
      if (known.length >= MOST) return null;
    }
    const one: Known = { ...recording, asked, done: 0, graph: null };
    known.push(one);
    return one;
  };

  const empty = (): void => {
    for (const id of filled.values()) k.free(id);
    filled.clear();
  };

  const traced = <Result>(variables: ReadonlySet<Id> | null, work: (at: Trace) => Result): Result => {
    if (filled.size > MOST_FILLED) empty();
    const at: Trace = {
      notes: [],
      like: lately,
      values: 0,
      given: new Map(),
      elements: [],
      packed: [],
      uploads: [],
      whole: new Set(),
      asked: [],
      fixed: new Map(),
      settled: null,
      variables,
    };
    trace = at;
    try {
      return k.scope(() => work(at));
    } finally {
      trace = null;
    }
  };

  const kernels: Kernels = {
    ...k,
    run(op, attributes, ...inputs) {
      if (recording() && (trace?.variables || !AT_ONCE.has(op))) return note(op, attributes, inputs, 1, null);
      return k.run(op, attributes, ...inputs.map(real));
    },
    many(op, attributes, inputs, outputs) {
      if (!recording()) return k.many(op, attributes, inputs.map(real), outputs);
      const first = note(op, attributes, inputs, outputs, null);
      return Array.from({ length: outputs }, (_, i) => first + i);
    },
    act(op, attributes, ...inputs) {
      if (recording() && trace?.variables) note(op, attributes, inputs, 0, null);
      else k.act(op, attributes, ...inputs.map(real));
    },
    floats: (values, shape) => (trace?.variables ? upload(values, shape) : k.floats(values, shape)),
    scalar: (value) => (trace?.variables ? upload(Float32Array.of(value), []) : k.scalar(value)),
    ints(values, shape) {
      if (trace?.variables) return upload(values, shape);
      const id = k.ints(values, shape);
      trace?.whole.add(id);
      return id;
    },
    fixed(values, shape, wide = false) {
      if (!recording()) return k.fixed(values, shape, wide);
      const at = trace as Trace;
      const given = { values, shape, wide };
      const before = at.like?.asked[at.asked.length];
      if (before && before.id <= LATER + at.values && sameFixed(before.fixed, given)) {
        if (before.id === LATER + at.values) note('Const', NONE, [], 1, before.fixed);
        at.asked.push(before);
        return before.id;
      }
      leave(at);
      const key = keyOf(given);
      const id = at.fixed.get(key) ?? note('Const', NONE, [], 1, given);
      at.fixed.set(key, id);
      at.asked.push({ fixed: given, id });
      return id;
    },
    filled(value, shape) {
      if (sizeOf(shape) < LARGE) return k.filled(value, shape);
      const key = `${value} ${shape}`;
      const id = filled.get(key) ?? k.keep(k.filled(value, shape));
      filled.set(key, id);
      return id;
    },
    settle(ids, work, times = 0) {
      if (trace === null) return ids;
      const wanted = [...new Set(ids)].filter((id) => id >= LATER).map((id) => id - LATER);
      trace.settled ??= compute(trace, wanted, work, times);
      return ids.map(real);
    },
    read: (id) => k.read(real(id)),
    keep: (id) => (trace?.variables ? id : k.keep(real(id))),
    free: (id) => {
      if (!trace?.variables) k.free(real(id));
    },
    scope: (work) => (trace === null ? traced(null, work) : k.scope(work)),
    get strands() {
      return strands;
    },
    get live() {
      return k.live;
    },
    get graphs() {
      return k.graphs;
    },
  };
  return {
    kernels,
    get operations() {
      return operations;
    },
    together: (variables, saved, times, ask) =>
      traced(variables, (at) => {
        const wanted = [ask() - LATER];
        const graph = at.notes.length > LARGEST ? null : graphOf(at, wanted, saved, times);
        if (graph === null) return null;
        const given = [...at.given.keys()];
        const of = given.filter((id) => variables.has(id));
        const alone = given.filter((id) => id >= 0);
        const [values, ...changed] = graph.run([
          ...alone.map((id) => (variables.has(id) ? k.run('ReadVariableOp', FLOATS, id) : id)),
          ...packsOf({ given: at.elements, packed: at.packed }).map((places) =>
            pack(places.map((place) => at.uploads[-1 - (given[place] as Id)] as Upload)),
          ),
        ]) as [Id, ...Id[]];
        return { values: Array.from(k.read(values)), variables: new Map(of.map((id, i) => [id, k.keep(changed[i]!)])) };
      }),
    close() {
      for (const { graph } of known.splice(0)) graph?.close();
      empty();
    },
  };
}
