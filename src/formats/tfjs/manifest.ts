// The weights a model.json promises: names, shapes, and the files their bytes stand in. In: untrusted JSON. Out: checked entries.
// Not here: which weight belongs to which layer (read.ts), the files (they are read by whoever knows the folder).

import { type ErrorCode, ForecastError } from '../../core/errors.ts';
import { sizeOf, type Tensor } from '../../core/tensor.ts';
import { fields, quoted } from './chain.ts';

export interface Promised {
  readonly name: string;
  readonly shape: readonly number[];
}

export interface Group {
  readonly names: readonly string[];
  readonly bytes: number;
  readonly weights: readonly Promised[];
}

const MOST_WEIGHTS = 1000;
const MOST_FILES = 10_000;
/** Bytes of all weights together: half of what a model may take in memory. */
const MOST_BYTES = 1_073_741_824;
const WIDTH = 4;

/** Errors: E_MODEL_HEADER (no manifest, too many weights), E_MODEL_SHAPE (shapes), E_MODEL_LAYOUT (types, names, files). */
export function groupsOf(manifest: unknown, where: string): Group[] {
  const fail = (code: ErrorCode, what: string, hint = DAMAGED): never => {
    throw new ForecastError(code, what, { where, hint });
  };
  if (!Array.isArray(manifest) || manifest.length > MOST_FILES)
    return fail('E_MODEL_HEADER', 'there is no weightsManifest');
  const seen = new Set<string>();
  const files = new Set<string>();
  let total = 0;
  const groups = manifest.map((entry): Group => {
    const group = fields(entry);
    const listed = group.get('weights');
    const paths = group.get('paths');
    if (!Array.isArray(listed) || !Array.isArray(paths))
      return fail('E_MODEL_HEADER', 'weightsManifest lists no weights or no paths');
    if (seen.size + listed.length > MOST_WEIGHTS)
      fail('E_MODEL_HEADER', `${seen.size + listed.length} weights, at most ${MOST_WEIGHTS}`);
    const weights = listed.map((one): Promised => {
      const weight = fields(one);
      const name = weight.get('name');
      const shape = weight.get('shape');
      if (typeof name !== 'string') return fail('E_MODEL_HEADER', 'a weight has no name');
      if (seen.has(name)) fail('E_MODEL_LAYOUT', `two weights are called ${quoted(name)}`);
      seen.add(name);
      if (weight.get('dtype') !== 'float32' || weight.has('quantization'))
        fail('E_MODEL_LAYOUT', `weight ${quoted(name)} is not plain float32`, 'convert the model without quantization');
      if (!Array.isArray(shape) || shape.length > 3 || !shape.every((n) => Number.isSafeInteger(n) && n >= 0))
        return fail('E_MODEL_SHAPE', `weight ${quoted(name)} has the shape ${quoted(JSON.stringify(shape) ?? 'none')}`);
      total += WIDTH * sizeOf(shape);
      if (!(total <= MOST_BYTES))
        fail('E_MODEL_SHAPE', `the weights would take more than ${MOST_BYTES} bytes`, 'import a smaller model');
      return { name, shape };
    });
    for (const path of paths) {
      if (typeof path !== 'string' || !isPlain(path))
        fail(
          'E_MODEL_LAYOUT',
          `the path ${quoted(String(path))} leaves the model's folder`,
          'files of weights stand beside model.json',
        );
      if (files.has(path as string)) fail('E_MODEL_LAYOUT', `the file ${quoted(path as string)} is named twice`);
      files.add(path as string);
    }
    if (files.size > MOST_FILES) fail('E_MODEL_HEADER', `more than ${MOST_FILES} files of weights`);
    const bytes = weights.reduce((sum, { shape }) => sum + WIDTH * sizeOf(shape), 0);
    return { names: paths as string[], bytes, weights };
  });
  return groups;
}

const DAMAGED = 'the file is damaged: save the model again';

/** Plain parts below the folder: no "..", no absolute path, no drive, no backslash. */
function isPlain(path: string): boolean {
  return path.split('/').every((part) => /^[A-Za-z0-9 ._-]+$/.test(part) && !/^\.+$/.test(part));
}

/** The weights of a group from its bytes. Errors: E_MODEL_LAYOUT where sizes differ or a value is not finite. */
export function tensorsOf({ weights, bytes }: Group, content: Uint8Array, where: string): Map<string, Tensor> {
  const fail = (what: string): never => {
    throw new ForecastError('E_MODEL_LAYOUT', what, { where, hint: DAMAGED });
  };
  if (content.length !== bytes) fail(`expected ${bytes} bytes of weights, found ${content.length}`);
  const view = new DataView(content.buffer, content.byteOffset, content.length);
  let at = 0;
  return new Map(
    weights.map(({ name, shape }) => {
      const data = new Float32Array(sizeOf(shape));
      for (let i = 0; i < data.length; i++, at += WIDTH) {
        const value = view.getFloat32(at, true);
        if (!Number.isFinite(value)) fail(`weight ${quoted(name)} holds ${value} at ${i}`);
        data[i] = value;
      }
      return [name, { shape, data }];
    }),
  );
}
