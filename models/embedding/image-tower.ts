/** The image side of a dual encoder, as it runs inside an encoder host. */
import { checkGraph, normalise, openSession, rowsOf } from "./inference-session.ts";
import type { DeviceInUse, GraphFile } from "./inference-session.ts";
import type { ModelManifest } from "./manifest.ts";
import { loadOnnxRuntime } from "./onnx-runtime.ts";

export interface ImageTowerSpec extends GraphFile {
  readonly image: ModelManifest["image"];
  readonly output: string;
  readonly dimension: number;
}

export interface Tower<Item, Output> extends DeviceInUse {
  /** One output per item, in order; undefined where the graph gave no usable vector. */
  run(items: readonly Item[]): Promise<readonly (Output | undefined)[]>;
}

const CHANNELS = 3;
const LEVELS = 256;

/** `(x / 255 - mean) / std` for every 8-bit value, per channel. */
export const normalisingTables = (mean: readonly number[], std: readonly number[]): readonly Float32Array[] =>
  Array.from({ length: CHANNELS }, (_, channel) =>
    Float32Array.from({ length: LEVELS }, (__, value) => (value / 255 - (mean[channel] ?? 0)) / (std[channel] ?? 1)),
  );

/** Interleaved 8-bit RGB to normalised planes, written at `offset`. */
export const fillPlanes = (
  pixels: Uint8Array,
  planes: Float32Array,
  { tables, offset }: { readonly tables: readonly Float32Array[]; readonly offset: number },
): void => {
  const area = pixels.length / CHANNELS;
  tables.forEach((table, channel) => {
    const start = offset + channel * area;
    for (let index = 0, source = channel; index < area; index += 1, source += CHANNELS) {
      planes[start + index] = table[pixels[source] ?? 0] ?? 0;
    }
  });
};

/** @throws ConfigError when graph and manifest do not fit */
export const openImageTower = async (spec: ImageTowerSpec): Promise<Tower<Uint8Array, Float32Array>> => {
  const { Tensor } = await loadOnnxRuntime();
  const { session, ...inUse } = await openSession(spec.path, spec);
  const { image, output, dimension } = spec;
  checkGraph(session, spec.path, { inputs: { [image.input]: "float32" }, output, dimension });
  const tables = normalisingTables(image.mean, image.std);
  const valuesPerImage = CHANNELS * image.size * image.size;

  const run = async (items: readonly Uint8Array[]): Promise<readonly (Float32Array | undefined)[]> => {
    const planes = new Float32Array(items.length * valuesPerImage);
    items.forEach((pixels, index) => fillPlanes(pixels, planes, { tables, offset: index * valuesPerImage }));
    const shape = [items.length, CHANNELS, image.size, image.size];
    const results = await session.run({ [image.input]: new Tensor("float32", planes, shape) }, [output]);
    return rowsOf(results[output], items.length, dimension).map((vector) => (normalise(vector) ? vector : undefined));
  };
  return { ...inUse, run };
};
