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

/** Outputs of a model for one batch of windows, flat. */
export async function runOnnx(
  onnx: Runtime,
  model: Uint8Array,
  input: { readonly name: string; readonly type: string },
  rows: readonly (readonly (readonly number[])[])[],
): Promise<Tensor> {
  const session = await onnx.InferenceSession.create(model, { logSeverityLevel: 3 });
  try {
    const flat = rows.flat(2);
    const [batch, steps] = [rows.length, rows[0]?.length ?? 0];
    const ids = input.type === 'int64';
    const data = ids
      ? BigInt64Array.from(flat, BigInt)
      : input.type === 'float64'
        ? Float64Array.from(flat)
        : Float32Array.from(flat);
    const dims = ids ? [batch, steps] : [batch, steps, rows[0]?.[0]?.length ?? 0];
    const outputs = await session.run({ [input.name]: new onnx.Tensor(input.type, data, dims) });
    return outputs[session.outputNames[0] as string] as Tensor;
  } finally {
    await session.release();
  }
}
