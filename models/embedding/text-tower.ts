/** The text side of a dual encoder: tokenizer and graph. Runs inside a host, or in the process of a command. */
import { readFile } from "node:fs/promises";
import type { Tower } from "./image-tower.ts";
import { checkGraph, normalise, openSession, rowsOf } from "./inference-session.ts";
import type { GraphFile } from "./inference-session.ts";
import type { ModelManifest } from "./manifest.ts";
import { loadOnnxRuntime } from "./onnx-runtime.ts";
import { createTextTokenizer } from "./tokenizer.ts";

export interface TextTowerSpec extends GraphFile {
  /** Absolute path of tokenizer.json. */
  readonly tokenizerPath: string;
  readonly text: ModelManifest["text"];
  readonly output: string;
  readonly dimension: number;
}

const MASK_INPUT = "attention_mask";

/**
 * Items are chunks of texts: a chunk is one run, so that a text's neighbours depend on its caller alone.
 * @throws ConfigError when graph and manifest do not fit
 */
export const openTextTower = async (
  spec: TextTowerSpec,
): Promise<Tower<readonly string[], readonly (Float32Array | undefined)[]>> => {
  const { Tensor } = await loadOnnxRuntime();
  const { text, output, dimension } = spec;
  // The file was checked by hash, so its shape is the tokenizer library's business.
  const tokenizer = await createTextTokenizer(JSON.parse(await readFile(spec.tokenizerPath, "utf8")) as object, text);
  const { session, ...inUse } = await openSession(spec.path, spec);
  const masked = text.mask ? { [MASK_INPUT]: "int64" as const } : {};
  checkGraph(session, spec.path, { inputs: { [text.input]: "int64", ...masked }, output, dimension });

  const encodeChunk = async (texts: readonly string[]): Promise<readonly (Float32Array | undefined)[]> => {
    const { ids, mask } = tokenizer.encodeBatch(texts);
    const shape = [texts.length, text.length];
    const feeds = {
      [text.input]: new Tensor("int64", ids, shape),
      ...(text.mask ? { [MASK_INPUT]: new Tensor("int64", mask, shape) } : {}),
    };
    const results = await session.run(feeds, [output]);
    return rowsOf(results[output], texts.length, dimension).map((vector) => (normalise(vector) ? vector : undefined));
  };
  const run = async (
    chunks: readonly (readonly string[])[],
  ): Promise<readonly (readonly (Float32Array | undefined)[])[]> => {
    const vectors: (readonly (Float32Array | undefined)[])[] = [];
    for (const chunk of chunks) vectors.push(await encodeChunk(chunk));
    return vectors;
  };
  return { ...inUse, run };
};
