/**
 * A pipeline whose photos are small text files that say what becomes of them, for tests of what stands around the real
 * one. First word of a file: `bad` = cannot be decoded, `novector` = embedding fails, `nan` = broken vector,
 * `nothumb` = no thumbnail, anything else = fine. Outcomes come in batches, each in reverse order.
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { PhotoFailure, PhotoSource, ProcessedPhoto } from "../../src/photo/types.ts";
import type { ProcessApi, ProcessOptions, ProcessOutcome, ProcessSettings } from "../../src/pipeline/outcome.ts";

export interface ScriptedPipelineOptions {
  readonly dimension?: number;
  readonly vectorKey?: string;
  readonly thumbnailBytes?: number;
  /** Photos taken at once. */
  readonly batch?: number;
  /** Pause before each batch is reported. */
  readonly pauseMs?: number;
  readonly onPhoto?: (source: PhotoSource) => void;
}

const failure = (code: PhotoFailure["code"], message: string, stage?: string): PhotoFailure => ({
  code,
  message,
  ...(stage === undefined ? {} : { stage }),
});

const vectorOf = (hash: string, dimension: number): Float32Array =>
  Float32Array.from(
    { length: dimension },
    (_, index) => (Number.parseInt(hash.slice(index % 58, (index % 58) + 6), 16) / 0xffffff - 0.5) / 14,
  );

const photoOf = (bytes: Buffer, settings: ProcessSettings, options: ScriptedPipelineOptions): ProcessedPhoto => {
  const contentHash = createHash("sha256").update(bytes).digest("hex");
  const { dimension = 8, vectorKey = "scripted@00000000/fp32/p1", thumbnailBytes = 16 } = options;
  const text = bytes.toString();
  const vector = vectorOf(contentHash, dimension);
  if (text.startsWith("nan")) vector[0] = Number.NaN;
  return {
    contentHash,
    format: "jpeg",
    fileSize: bytes.length,
    width: 400,
    height: 300,
    orientation: 1,
    metadata: {},
    exif: {},
    tags: [{ name: "scripted", confidence: 0.75 }],
    ...(settings.embedding && !text.startsWith("novector") ? { embedding: { vectorKey, vector } } : {}),
    ...(settings.thumbnail === undefined || text.startsWith("nothumb")
      ? {}
      : {
          thumbnail: {
            ...settings.thumbnail,
            width: 256,
            height: 192,
            bytes: Buffer.alloc(thumbnailBytes, contentHash),
          },
        }),
    perceptualHash: Buffer.from(contentHash.slice(0, 36), "hex"),
  };
};

const partialFailures = (text: string): readonly PhotoFailure[] => {
  if (text.startsWith("novector")) return [failure("embed_failed", "The model failed.", "embed")];
  if (text.startsWith("nothumb")) return [failure("internal", "The thumbnail failed.", "thumbnail")];
  return [];
};

export const createScriptedPipeline = (options: ScriptedPipelineOptions = {}): ProcessApi => {
  const { batch = 8, pauseMs = 0, onPhoto = () => undefined } = options;
  const outcomeOf = async (
    source: PhotoSource,
    index: number,
    settings: ProcessSettings,
    run: ProcessOptions,
  ): Promise<ProcessOutcome> => {
    const bytes = await readFile(source.absolutePath);
    const text = bytes.toString();
    if (text.startsWith("bad")) {
      return { status: "failed", index, source, failure: failure("decode_failed", "The file is damaged.") };
    }
    const photo = photoOf(bytes, settings, options);
    if (run.skip?.(source, photo.contentHash) === true) {
      return { status: "unchanged", index, source, contentHash: photo.contentHash };
    }
    onPhoto(source);
    return { status: "done", index, source, photo, failures: partialFailures(text), ran: [], reused: false };
  };
  async function* run(
    sources: AsyncIterable<PhotoSource>,
    settings: ProcessSettings,
    runOptions: ProcessOptions,
  ): AsyncGenerator<ProcessOutcome> {
    let waiting: Promise<ProcessOutcome>[] = [];
    let index = 0;
    const limit = Math.min(batch, runOptions.orderWindow ?? batch);
    for await (const source of sources) {
      if (runOptions.signal.aborted) break;
      waiting.push(outcomeOf(source, index, settings, runOptions));
      index += 1;
      if (waiting.length < limit) continue;
      if (pauseMs > 0) await sleep(pauseMs);
      yield* (await Promise.all(waiting)).toReversed();
      waiting = [];
    }
    yield* (await Promise.all(waiting)).toReversed();
  }
  return {
    process: run,
    addedRoots: async () => [],
    vectorKey: async () => options.vectorKey ?? "scripted@00000000/fp32/p1",
    finish: () => Promise.resolve(),
    waitUntilIndexed: async () => undefined,
  };
};
