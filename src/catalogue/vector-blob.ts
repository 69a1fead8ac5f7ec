/** Vectors in the catalogue: float32, little endian, `dimension * 4` bytes. */
import { endianness } from "node:os";
import { InternalError } from "../errors.ts";

const BYTES_PER_FLOAT = 4;

const swapped = (bytes: Uint8Array): Buffer => Buffer.from(bytes).swap32();

export const toVectorBlob = (vector: Float32Array): Uint8Array => {
  const bytes = new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
  return endianness() === "LE" ? bytes : swapped(bytes);
};

export const fromVectorBlob = (blob: Uint8Array): Float32Array => {
  if (blob.byteLength % BYTES_PER_FLOAT !== 0) {
    throw new InternalError(`A stored vector has ${blob.byteLength} bytes, which is no whole number of floats.`);
  }
  const bytes = endianness() === "LE" ? blob : swapped(blob);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
};
