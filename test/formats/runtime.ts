// onnxruntime-node where `npm run setup:onnx` installed it; elsewhere its suites are skipped, and say so. With CI set it must be there.

interface Tensor {
  readonly data: ArrayLike<number>;
  readonly dims: readonly number[];
}

interface Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  run(feeds: Record<string, unknown>): Promise<Record<string, Tensor>>;
  release(): Promise<void>;
}

export interface Runtime {
  readonly InferenceSession: { create(model: Uint8Array, options: object): Promise<Session> };
  readonly Tensor: new (type: string, data: unknown, dims: readonly number[]) => unknown;
}

const NAME = 'onnxruntime-node';

export const runtime: Runtime | null = await load();

async function load(): Promise<Runtime | null> {
  try {
    const module = (await import(NAME)) as Runtime & { default?: Runtime };
    return module.default ?? module;
  } catch (error) {
    if (process.env.CI) throw error;
    console.warn('exported ONNX models are not checked: onnxruntime-node is not installed; repair: npm run setup:onnx');
    return null;
  }
}

interface Input {
  readonly name: string;
  readonly type: string;
}

/** Rows of numbers or ids, by window, and the input they are for. */
export type Feed = readonly [Input, readonly (readonly (readonly number[])[])[]];

/** Outputs of a model for one batch of windows, flat. */
export async function runOnnx(onnx: Runtime, model: Uint8Array, ...feeds: readonly Feed[]): Promise<Tensor> {
  const session = await onnx.InferenceSession.create(model, { logSeverityLevel: 3 });
  try {
    const tensors = feeds.map(([input, rows]) => [input.name, tensorOf(onnx, input, rows)]);
    const outputs = await session.run(Object.fromEntries(tensors));
    return outputs[session.outputNames[0] as string] as Tensor;
  } finally {
    await session.release();
  }
}

function tensorOf(onnx: Runtime, { type }: Input, rows: Feed[1]): unknown {
  const flat = rows.flat(2);
  const dims = [rows.length, rows[0]?.length ?? 0];
  if (type === 'int64') return new onnx.Tensor(type, BigInt64Array.from(flat, BigInt), dims);
  const data = type === 'float64' ? Float64Array.from(flat) : Float32Array.from(flat);
  return new onnx.Tensor(type, data, [...dims, rows[0]?.[0]?.length ?? 0]);
}
