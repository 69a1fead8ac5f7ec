/** A temporary folder with installed models, and pictures to embed. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Workspace extends AsyncDisposable {
  readonly directory: string;
}

export const createWorkspace = async (): Promise<Workspace> => {
  const directory = await mkdtemp(join(tmpdir(), "photon-models-"));
  return { directory, [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }) };
};

/** Interleaved RGB of `size` squared, different for every seed. */
export const patternPixels = (size: number, seed: number): Uint8Array =>
  Uint8Array.from({ length: size * size * 3 }, (_, index) => (Math.imul(index + 1, seed * 2654435761) >>> 16) & 0xff);

export const plainPixels = (size: number, [red, green, blue]: readonly [number, number, number]): Uint8Array =>
  Uint8Array.from({ length: size * size * 3 }, (_, index) => [red, green, blue][index % 3] ?? 0);

export const cosine = (a: Float32Array, b: Float32Array): number =>
  a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0) / (lengthOf(a) * lengthOf(b));

export const lengthOf = (vector: Float32Array): number =>
  Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));

export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false; // no such process
  }
};
