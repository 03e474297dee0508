// Named tensors as one file in the safetensors format: header length, JSON header, raw little-endian values.
// In: tensors, or bytes nobody vouches for. Out: the bytes, or tensors after every rule has been checked.
// Not here: the disk (write.ts), what the tensors mean.

import { type ErrorCode, ForecastError } from '../core/errors.ts';
import { sizeOf, type Tensor, type Tensors } from '../core/tensor.ts';
import { type HeaderValue, parseHeader } from './header.ts';

/** Bytes, as in the format's own library: room for a million tensors, which hundreds of networks of several seeds have. */
const HEADER_LIMIT = 100_000_000;
const METADATA = '__metadata__';

/** Bytes of one value by the format's name of its type. */
const WIDTH: ReadonlyMap<string, number> = new Map([
  ['F32', 4],
  ['F64', 8],
]);

/**
 * The bytes of a safetensors file, tensors in the order given, Float32Array as F32 and Float64Array as F64.
 * Errors: E_TRAIN_DIVERGED where a value is NaN or ±∞; an Error where data and shape disagree.
 */
export function encodeTensors(tensors: Tensors): Uint8Array {
  const header = headerBytes(tensors);
  const length = [...tensors.values()].reduce((sum, tensor) => sum + tensor.data.byteLength, 0);
  const bytes = new Uint8Array(8 + header.length + length);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(header.length), true);
  bytes.set(header, 8);
  let offset = 8 + header.length;
  for (const [name, tensor] of tensors) {
    writeValues(view, offset, tensor.data, name);
    offset += tensor.data.byteLength;
  }
  return bytes;
}

/** Written by hand, not from an object: names that look like integers would change places, and `__proto__` would vanish. */
function headerBytes(tensors: Tensors): Uint8Array {
  const entries: string[] = [];
  let start = 0;
  for (const [name, { shape, data }] of tensors) {
    if (sizeOf(shape) !== data.length || name === METADATA)
      throw new Error(`tensor ${JSON.stringify(name)} of shape [${shape}] cannot hold ${data.length} values`);
    const end = start + data.byteLength;
    const dtype = data instanceof Float32Array ? 'F32' : 'F64';
    entries.push(`${JSON.stringify(name)}:{"dtype":"${dtype}","shape":[${shape}],"data_offsets":[${start},${end}]}`);
    start = end;
  }
  const header = Buffer.from(`{${entries.join(',')}}`, 'utf8');
  const padded = Buffer.alloc(Math.ceil(header.length / 8) * 8, ' ');
  header.copy(padded);
  if (padded.length > HEADER_LIMIT)
    throw new Error(`${tensors.size} tensors need a header of ${padded.length} bytes; the limit is ${HEADER_LIMIT}`);
  return padded;
}

function writeValues(view: DataView, offset: number, data: Float32Array | Float64Array, name: string): void {
  const double = data instanceof Float64Array;
  const width = data.BYTES_PER_ELEMENT;
  for (let i = 0; i < data.length; i++) {
    const value = data[i] as number;
    if (!Number.isFinite(value)) throw nonFinite('E_TRAIN_DIVERGED', name, i, value);
    if (double) view.setFloat64(offset + i * width, value, true);
    else view.setFloat32(offset + i * width, value, true);
  }
}

/**
 * The tensors of a safetensors file, in the order of its header; `name` is the file's in messages. Nothing in it is believed: sizes are checked before anything is allocated.
 * Errors: E_MODEL_HEADER (no header, not JSON, duplicate keys, limits), E_MODEL_SHAPE (shape against bytes),
 * E_MODEL_LAYOUT (holes, overlaps, extra bytes, types other than F32 and F64, values that are NaN or ±∞).
 */
export function decodeTensors(bytes: Uint8Array, name: string): Map<string, Tensor> {
  const fail: Fail = (code, what) => {
    throw new ForecastError(code, what, {
      where: name,
      hint: 'the file is damaged or was not written by this program: train again',
    });
  };
  const { header, start } = readHeader(bytes, fail);
  const entries: Entry[] = [];
  for (const [key, value] of header) if (key !== METADATA) entries.push(readEntry(key, value, fail));
  checkLayout(entries, bytes.length - start, fail);
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, bytes.length - start);
  const tensors = new Map(entries.map((entry) => [entry.name, readValues(view, entry, fail)]));
  checkMetadata(header.get(METADATA), fail);
  return tensors;
}

type Fail = (code: ErrorCode, what: string) => never;

interface Entry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Bytes [start, end) of the values, counted from the end of the header. */
  readonly start: number;
  readonly end: number;
}

function readHeader(bytes: Uint8Array, fail: Fail): { header: Map<string, HeaderValue>; start: number } {
  if (bytes.length < 8) return fail('E_MODEL_HEADER', `expected at least 8 bytes, found ${bytes.length}`);
  const length = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  if (length > HEADER_LIMIT) return fail('E_MODEL_HEADER', `header of ${length} bytes, at most ${HEADER_LIMIT}`);
  const start = 8 + Number(length);
  if (start > bytes.length) return fail('E_MODEL_HEADER', `header of ${length} bytes in a file of ${bytes.length}`);
  const header = parsed(bytes.subarray(8, start), fail);
  if (!(header instanceof Map)) return fail('E_MODEL_HEADER', 'the header is not an object');
  return { header, start };
}

function parsed(bytes: Uint8Array, fail: Fail): HeaderValue {
  try {
    return parseHeader(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (error) {
    return fail('E_MODEL_HEADER', `the header is not JSON: ${(error as Error).message}`);
  }
}

function readEntry(name: string, value: HeaderValue, fail: Fail): Entry {
  const label = quoted(name);
  if (!(value instanceof Map)) return fail('E_MODEL_HEADER', `tensor ${label} is not an object`);
  const strange = [...value.keys()].find((key) => !['dtype', 'shape', 'data_offsets'].includes(key));
  if (strange !== undefined) return fail('E_MODEL_HEADER', `tensor ${label} has an unknown key ${quoted(strange)}`);
  const dtype = value.get('dtype');
  const width = typeof dtype === 'string' ? WIDTH.get(dtype) : undefined;
  if (typeof dtype !== 'string' || width === undefined)
    return fail('E_MODEL_LAYOUT', `tensor ${label} has type ${quoted(String(dtype))}; expected F32 or F64`);
  const shape = value.get('shape');
  const size = isCounts(shape) ? sizeOf(shape) : Number.NaN;
  if (!isCounts(shape) || !Number.isSafeInteger(size * width))
    return fail('E_MODEL_SHAPE', `tensor ${label} has the shape ${shown(shape)}`);
  const offsets = value.get('data_offsets');
  if (!isCounts(offsets) || offsets.length !== 2 || offsets[0]! > offsets[1]!)
    return fail('E_MODEL_LAYOUT', `tensor ${label} has the offsets ${shown(offsets)}`);
  const [start, end] = offsets as [number, number];
  if (end - start !== size * width)
    return fail('E_MODEL_SHAPE', `tensor ${label}: expected ${size} values, found ${(end - start) / width}`);
  return { name, dtype, shape, start, end };
}

function isCounts(value: HeaderValue | undefined): value is number[] {
  return Array.isArray(value) && value.every((n) => typeof n === 'number' && Number.isSafeInteger(n) && n >= 0);
}

/** Tensors follow each other without holes or overlaps and end where the file ends. */
function checkLayout(entries: readonly Entry[], length: number, fail: Fail): void {
  let expected = 0;
  for (const { name, start, end } of [...entries].sort((a, b) => a.start - b.start || a.end - b.end)) {
    if (start !== expected)
      fail('E_MODEL_LAYOUT', `tensor ${quoted(name)} starts at byte ${start}; expected ${expected}`);
    expected = end;
  }
  if (expected !== length) fail('E_MODEL_LAYOUT', `expected ${expected} bytes of values, found ${length}`);
}

function readValues(view: DataView, entry: Entry, fail: Fail): Tensor {
  const { name, shape, start, end } = entry;
  const double = entry.dtype === 'F64';
  const width = double ? 8 : 4;
  const count = (end - start) / width;
  const data = double ? new Float64Array(count) : new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const at = start + i * width;
    const value = double ? view.getFloat64(at, true) : view.getFloat32(at, true);
    if (!Number.isFinite(value)) fail('E_MODEL_LAYOUT', nonFiniteText(name, i, value));
    data[i] = value;
  }
  return { shape, data };
}

/** The format's own place for texts; nothing here reads them. */
function checkMetadata(value: HeaderValue | undefined, fail: Fail): void {
  if (value === undefined) return;
  const texts = value instanceof Map ? value : fail('E_MODEL_HEADER', `${METADATA} is not an object`);
  for (const [key, text] of texts)
    if (typeof text !== 'string') fail('E_MODEL_HEADER', `${METADATA} ${quoted(key)} is not a string`);
}

function nonFinite(code: ErrorCode, name: string, index: number, value: number): ForecastError {
  return new ForecastError(code, nonFiniteText(name, index, value), {
    hint: 'lower train.rate or set train.clip: 1',
  });
}

function nonFiniteText(name: string, index: number, value: number): string {
  return `tensor ${quoted(name)} holds ${value} at ${index}`;
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}

function shown(value: HeaderValue | undefined): string {
  return Array.isArray(value) && value.every((n) => typeof n === 'number')
    ? `[${value.slice(0, 8)}]`
    : 'of no list of whole numbers';
}
