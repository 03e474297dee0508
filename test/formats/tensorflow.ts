// @tensorflow/tfjs where `npm run setup:tensorflow` installed it; elsewhere its suites are skipped, and say so. With CI set it must be there.

interface TensorLike {
  readonly shape: readonly number[];
  dataSync(): Float32Array;
  dispose(): void;
}

export interface LayersModel {
  predict(input: TensorLike): TensorLike;
  save(handler: { save(artifacts: Artifacts): Promise<unknown> }): Promise<unknown>;
  dispose(): void;
}

interface Artifacts {
  readonly modelTopology: object;
  readonly weightSpecs: readonly object[];
  readonly weightData: ArrayBuffer | ArrayBuffer[];
}

// biome-ignore lint/suspicious/noExplicitAny: the package is not among the dependencies, and neither are its types
export type TensorFlow = any;

const NAME = '@tensorflow/tfjs';

export const tensorflow: TensorFlow = await load();

async function load(): Promise<TensorFlow> {
  try {
    const module = await import(NAME);
    const tf = module.default?.sequential ? module.default : module;
    tf.env().set('IS_TEST', true); // else it prints an advertisement
    return tf;
  } catch (error) {
    if (process.env.CI) throw error;
    console.warn(`exported tfjs models are not checked: ${NAME} is not installed; repair: npm run setup:tensorflow`);
    return null;
  }
}

/** The model that the two files are. */
export async function loadLayers(
  tf: TensorFlow,
  files: ReadonlyMap<string, string | Uint8Array>,
): Promise<LayersModel> {
  const { modelTopology, weightsManifest } = JSON.parse(String(files.get('model.json')));
  const [group] = weightsManifest;
  const bytes = files.get(group.paths[0]) as Uint8Array;
  const weightData = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  return await tf.loadLayersModel({ load: async () => ({ modelTopology, weightSpecs: group.weights, weightData }) });
}

/** model.json and its shard, as tf.layers' own save would write them. */
export async function saveLayers(model: LayersModel): Promise<Map<string, string | Uint8Array>> {
  let saved: Artifacts | null = null;
  await model.save({
    save: async (artifacts) => {
      saved = artifacts;
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    },
  });
  const { modelTopology, weightSpecs, weightData } = saved as unknown as Artifacts;
  const paths = ['weights.bin'];
  const json = { format: 'layers-model', modelTopology, weightsManifest: [{ paths, weights: weightSpecs }] };
  const parts = Array.isArray(weightData) ? weightData : [weightData];
  return new Map<string, string | Uint8Array>([
    ['model.json', JSON.stringify(json)],
    ['weights.bin', new Uint8Array(Buffer.concat(parts.map((part) => Buffer.from(part))))],
  ]);
}

/** Outputs of a model for one batch of windows, flat: of every step, or of the last where all are given. */
export function runLayers(
  tf: TensorFlow,
  model: LayersModel,
  input: { readonly type: string; readonly shape: readonly unknown[] },
  rows: readonly (readonly (readonly number[])[])[],
): number[] {
  const flat = rows.flat(2);
  const [batch, steps] = [rows.length, rows[0]?.length ?? 0];
  const dims = input.type === 'int32' ? [batch, steps] : [batch, steps, rows[0]?.[0]?.length ?? 0];
  const given = tf.tensor(flat, dims, input.type);
  const output = model.predict(given);
  const values = Array.from(output.dataSync());
  const width = output.shape.at(-1) as number;
  const last = output.shape.length === 3 ? (output.shape[1] as number) : 1;
  given.dispose();
  output.dispose();
  return Array.from({ length: batch }, (_, b) =>
    values.slice((b * last + last - 1) * width, (b + 1) * last * width),
  ).flat();
}
