// Protocol-buffer fields as bytes: the wire forms that messages of ONNX and TensorFlow are made of.
// In: numbers, texts, bytes. Out: bytes. Not here: the messages (formats/onnx/messages.ts, engines/tensorflow/graph.ts), reading.

const VARINT = 0;
const LENGTH = 2;
const FIXED32 = 5;

/** Wholes of any size, negative ones in two's complement of 64 bits. */
export function varintField(field: number, value: number | bigint): Uint8Array {
  return joined([varint(tag(field, VARINT)), varint(BigInt.asUintN(64, BigInt(value)))]);
}

export function floatField(field: number, value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return joined([varint(tag(field, FIXED32)), bytes]);
}

export function bytesField(field: number, content: Uint8Array): Uint8Array {
  return joined([varint(tag(field, LENGTH)), varint(BigInt(content.length)), content]);
}

export function textField(field: number, text: string): Uint8Array {
  return bytesField(field, new TextEncoder().encode(text));
}

/** A message inside a message. */
export function messageField(field: number, parts: readonly Uint8Array[]): Uint8Array {
  return bytesField(field, joined(parts));
}

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function tag(field: number, wire: number): bigint {
  return BigInt(field * 8 + wire);
}

/** Seven bits a byte, lowest first; the eighth says that more follow. */
function varint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = Number(rest & 127n);
    rest >>= 7n;
    bytes.push(rest > 0n ? low + 128 : low);
  } while (rest > 0n);
  return Uint8Array.from(bytes);
}
