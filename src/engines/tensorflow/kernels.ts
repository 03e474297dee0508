// TensorFlow's kernels by name, and the memory their results take. In: operations and tensors as numbers. Out: tensors as numbers.
// What is made inside a scope is freed when it ends, unless it is kept. Not here: loading TensorFlow (load.ts), which operations (operations.ts).

import { ForecastError } from '../../core/errors.ts';
import { sizeOf } from '../../core/tensor.ts';

/** A tensor in TensorFlow's memory. */
export type Id = number;

/** Element types and attribute types of TensorFlow's C interface. */
export const FLOAT = 1;
export const INT32 = 3;
export const INT64 = 9;
export const IS: { readonly [K in 'text' | 'int' | 'bool' | 'type' | 'shape']: number } = {
  text: 0,
  int: 1,
  bool: 3,
  type: 4,
  shape: 5,
};

export interface Attribute {
  readonly name: string;
  readonly type: number;
  readonly value: unknown;
}
export type Attributes = readonly Attribute[];

/** Element types follow from the inputs, the rest as TensorFlow has it: each attribute said costs a microsecond. */
export const NONE: Attributes = [];

/** Of variables, whose handles do not tell their type. */
export const FLOATS: Attributes = [{ name: 'dtype', type: IS.type, value: FLOAT }];

/** The part of the addon that is used here. */
export interface Binding {
  executeOp(op: string, attributes: Attributes, inputs: readonly Id[], outputs: number): readonly { readonly id: Id }[];
  createTensor(shape: readonly number[], type: number, values: Float32Array | Int32Array): Id;
  deleteTensor(id: Id): void;
  tensorDataSync(id: Id): Float32Array | Int32Array | Uint8Array;
  loadSavedModel(folder: string, tags: string): number;
  /** Names as one text with commas between. */
  runSavedModel(graph: number, inputs: readonly Id[], names: string, outputs: string): readonly { readonly id: Id }[];
  deleteSavedModel(graph: number): void;
}

export interface Kernels {
  /** Runs an operation that gives one tensor. */
  run(op: string, attributes: Attributes, ...inputs: Id[]): Id;
  /** Runs an operation that gives several. */
  many(op: string, attributes: Attributes, inputs: readonly Id[], outputs: number): readonly Id[];
  /** Runs an operation that gives none. */
  act(op: string, attributes: Attributes, ...inputs: Id[]): void;
  /** A tensor of these values; they must not change while it lives. */
  floats(values: Float32Array, shape: readonly number[]): Id;
  ints(values: Int32Array, shape: readonly number[]): Id;
  /** Whole numbers that say what an operation does (an axis, sizes), not what it does it to. `wide`: of 64 bits. */
  fixed(values: readonly number[], shape: readonly number[], wide?: boolean): Id;
  scalar(value: number): Id;
  /** A tensor of one value all over that is the same in every step: made once a scope, not to be kept. */
  filled(value: number, shape: readonly number[]): Id;
  /**
   * The tensors of what was asked for so far in this scope, about as many multiply-adds, and how often the same is meant to be asked for: only
   * these can be asked for from here on.
   */
  settle(ids: readonly Id[], work: number, times?: number): readonly Id[];
  read(id: Id): ArrayLike<number>;
  /** How many pieces of work that do not need each other are done at a time. */
  readonly strands: number;
  /** Frees every tensor made by `work`, but those kept. */
  scope<Result>(work: () => Result): Result;
  /** Takes a tensor out of its scope: it lives until it is freed. */
  keep(id: Id): Id;
  free(id: Id): void;
  /** Tensors alive. */
  readonly live: number;
  /** A graph out of a folder (graph.ts), its inputs and outputs by name. */
  open(folder: string, inputs: readonly string[], outputs: readonly string[]): Graph;
  /** Graphs open. */
  readonly graphs: number;
}

/** Operations TensorFlow knows beforehand: run in one call, those that do not need each other side by side. */
export interface Graph {
  run(inputs: readonly Id[]): readonly Id[];
  close(): void;
}

export function createKernels(binding: Binding): Kernels {
  let made: Id[] | null = null;
  let fills = new Map<string, Id>();
  let live = 0;
  let graphs = 0;
  const born = (id: Id): Id => {
    made?.push(id);
    live++;
    return id;
  };
  const execute = (op: string, attributes: Attributes, inputs: readonly Id[], outputs: number) => {
    try {
      return binding.executeOp(op, attributes, inputs, outputs);
    } catch (error) {
      throw inWords(op, error as Error);
    }
  };
  return {
    run: (op, attributes, ...inputs) => born(execute(op, attributes, inputs, 1)[0]!.id),
    many: (op, attributes, inputs, outputs) => execute(op, attributes, inputs, outputs).map(({ id }) => born(id)),
    act: (op, attributes, ...inputs) => void execute(op, attributes, inputs, 0),
    floats: (values, shape) => born(binding.createTensor(shape, FLOAT, values)),
    ints: (values, shape) => born(binding.createTensor(shape, INT32, values)),
    fixed: (values, shape, wide = false) =>
      born(
        wide
          ? binding.createTensor(shape, INT64, Int32Array.from(values.flatMap((value) => [value, 0]))) // low word first
          : binding.createTensor(shape, INT32, Int32Array.from(values)),
      ),
    scalar: (value) => born(binding.createTensor([], FLOAT, Float32Array.of(value))),
    filled(value, shape) {
      const key = `${value} ${shape}`;
      const known = fills.get(key);
      if (known !== undefined) return known;
      const id = born(binding.createTensor(shape, FLOAT, new Float32Array(sizeOf(shape)).fill(value)));
      if (made !== null) fills.set(key, id);
      return id;
    },
    settle: (ids) => ids,
    read: (id) => binding.tensorDataSync(id),
    strands: 1,
    scope(work) {
      const [outer, before] = [made, fills];
      const own: Id[] = [];
      made = own;
      fills = new Map();
      try {
        return work();
      } finally {
        made = outer;
        fills = before;
        for (const id of own) binding.deleteTensor(id);
        live -= own.length;
      }
    },
    keep(id) {
      const at = made?.lastIndexOf(id) ?? -1;
      if (at >= 0) made?.splice(at, 1);
      return id;
    },
    free(id) {
      binding.deleteTensor(id);
      live--;
    },
    get live() {
      return live;
    },
    open(folder, inputs, outputs) {
      const graph = binding.loadSavedModel(folder, 'serve');
      const [given, asked] = [inputs.join(), outputs.join()];
      graphs++;
      return {
        run(values) {
          try {
            return binding.runSavedModel(graph, values, given, asked).map(({ id }) => born(id));
          } catch (error) {
            throw inWords('a step', error as Error);
          }
        },
        close() {
          binding.deleteSavedModel(graph);
          graphs--;
        },
      };
    },
    get graphs() {
      return graphs;
    },
  };
}

/** What TensorFlow says, as an error of ours: E_LIMIT_MEMORY where memory ends, else a fault of this program. */
function inWords(op: string, { message }: Error): ForecastError {
  const line = message.replace(/\s+/g, ' ');
  if (/OOM|TF_Status: 8\b/.test(line)) {
    return new ForecastError('E_LIMIT_MEMORY', `TensorFlow has no memory for ${op}: ${line}`, {
      where: 'model',
      hint: 'fewer units, a shorter window.context or a smaller train.batch',
    });
  }
  return new ForecastError('E_BUG', `TensorFlow refuses ${op}: ${line}`);
}
