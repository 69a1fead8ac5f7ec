/**
 * The trained scale and bias of a checkpoint: two scalars of a safetensors file of a gigabyte, read by their position.
 * Format: 8 bytes length of the header, the header in JSON, then the tensors
 * (https://huggingface.co/docs/safetensors/index#format).
 */
import { z } from "zod";
import type { ModelManifest } from "../manifest.ts";
import type { CheckpointScore } from "../model-recipe.ts";
import { fileUrl, shownUrl } from "./base-url.ts";
import { DownloadError } from "./download-error.ts";
import type { HubAccess } from "./hub-repository.ts";
import { fetchBytes } from "./hub-repository.ts";

const LENGTH_BYTES = 8;
const LARGEST_HEADER_BYTES = 16_000_000;
const BYTES_OF_TYPE: Readonly<Record<string, number>> = { F32: 4, F64: 8 };

const tensorSchema = z.object({
  dtype: z.string(),
  shape: z.array(z.int()),
  data_offsets: z.tuple([z.int().nonnegative(), z.int().nonnegative()]),
});

/** Bytes `from` to `to`, both included. */
export type ReadRange = (from: number, to: number) => Promise<Buffer>;

const refuse = (source: string, why: string): DownloadError =>
  new DownloadError("unexpected_reply", `Expected scale and bias of the model in ${source}, received ${why}.`, {
    hint: "Choose a model photon knows (`photon models list`), or tell its maintainers which one does not work.",
  });

const readHeader = async (
  read: ReadRange,
  source: string,
): Promise<{ readonly header: unknown; readonly end: number }> => {
  const length = Number((await read(0, LENGTH_BYTES - 1)).readBigUInt64LE());
  if (length > LARGEST_HEADER_BYTES) throw refuse(source, `a header of ${length} bytes`);
  const end = LENGTH_BYTES + length;
  try {
    return { header: JSON.parse((await read(LENGTH_BYTES, end - 1)).toString("utf8")), end };
  } catch (error) {
    if (error instanceof SyntaxError) throw refuse(source, "another kind of file");
    throw error;
  }
};

/** A tensor of one value. */
const readScalar = async (
  read: ReadRange,
  { header, end }: Awaited<ReturnType<typeof readHeader>>,
  name: string,
): Promise<number | undefined> => {
  const tensor = z.record(z.string(), z.unknown()).safeParse(header).data?.[name];
  const parsed = tensorSchema.safeParse(tensor).data;
  const bytes = BYTES_OF_TYPE[parsed?.dtype ?? ""];
  if (parsed === undefined || bytes === undefined) return undefined;
  const [from, to] = parsed.data_offsets;
  if (to - from !== bytes) return undefined;
  const data = await read(end + from, end + to - 1);
  return bytes === 4 ? data.readFloatLE() : data.readDoubleLE();
};

/** @throws DownloadError when the file lacks one of them */
export const readScore = async (
  read: ReadRange,
  { logitScale, logitBias }: CheckpointScore,
  source: string,
): Promise<ModelManifest["score"]> => {
  const header = await readHeader(read, source);
  const scale = await readScalar(read, header, logitScale);
  const bias = await readScalar(read, header, logitBias);
  if (scale === undefined) throw refuse(source, `no single number ${logitScale}`);
  if (bias === undefined) throw refuse(source, `no single number ${logitBias}`);
  return { logitScale: scale, logitBias: bias };
};

/** @throws DownloadError when the server sends whole files only: this one is too large for two numbers */
export const fetchScore = (access: HubAccess, score: CheckpointScore): Promise<ModelManifest["score"]> => {
  const url = fileUrl(access.baseUrl, score.repo, "main", score.path);
  const read: ReadRange = async (from, to) => {
    const { bytes, from: start } = await fetchBytes(access, url, { from, to });
    return bytes.subarray(from - start, to - start + 1);
  };
  return readScore(read, score, shownUrl(url));
};
