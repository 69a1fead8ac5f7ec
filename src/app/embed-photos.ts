/**
 * Vectors of known photos with any model, from their files: the decode and embed stages of the pipeline, so that a
 * vector is the one that `process` would have stored. Nothing is stored here.
 */
import type { DualEncoder } from "../../models/embedding/encoder.ts";
import type { PhotoFile } from "../catalogue/vector-key-repository.ts";
import type { Clock } from "../clock.ts";
import type { Config } from "../config.ts";
import type { Logger } from "../logger.ts";
import type { PhotoFailure, PhotoSource } from "../photo/types.ts";
import type { ProcessOutcome } from "../pipeline/outcome.ts";
import { createProcessPhotos } from "../pipeline/process-photos.ts";
import { decode } from "../pipeline/stages/decode.ts";
import { embed } from "../pipeline/stages/embed.ts";
import { decodeLimitsOf } from "./process-api.ts";

/** Photos whose files are looked up in one go. */
const LOOKUP_LOT = 256;

export interface EmbedPhotosDeps {
  readonly config: Config;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly filesOf: (contentHashes: readonly string[]) => Promise<readonly PhotoFile[]>;
}

export interface PhotoThatFailed {
  readonly contentHash: string;
  /** Of the file that was tried last; empty when there is none. */
  readonly path: string;
  readonly failure: PhotoFailure;
}

export type EmbeddedPhoto = { readonly contentHash: string; readonly vector: Float32Array } | PhotoThatFailed;

/** The result of the embed stage in the catalogue: what `process` would store, and asks for. */
export const embedStageOf = (vectorKey: string): { readonly name: string; readonly key: string } => ({
  name: embed.name,
  key: `${embed.version}/${vectorKey}`,
});

const CHANGED: PhotoFailure = {
  code: "unstable_file",
  message: "The file holds another picture than when it was processed. Run photon process on it.",
};
const NO_FILE: PhotoFailure = { code: "not_found", message: "No file of this photo was found." };
const NO_VECTOR: PhotoFailure = { code: "embed_failed", message: "The photo could not be embedded." };

const createRun = ({ config, logger, clock }: EmbedPhotosDeps, encoder: DualEncoder) =>
  createProcessPhotos({
    stages: [decode, embed],
    logger,
    clock,
    commitBatch: LOOKUP_LOT,
    bufferSize: config.pipeline.buffer_size,
    library: undefined,
    context: {
      encoder,
      tagger: undefined,
      limits: decodeLimitsOf(config),
      // Not made here, but the one decode is as large as it asks for, and the vector follows from that decode.
      thumbnail: config.thumbnail.enabled ? config.thumbnail : undefined,
      signal: new AbortController().signal, // photos that were started are finished
    },
  });

const resultOf = (outcome: ProcessOutcome, { contentHash, path }: PhotoPath): EmbeddedPhoto => {
  if (outcome.status === "unchanged") return { contentHash, path, failure: NO_VECTOR };
  if (outcome.status === "failed") return { contentHash, path, failure: outcome.failure };
  if (outcome.photo.contentHash !== contentHash) return { contentHash, path, failure: CHANGED };
  const { embedding } = outcome.photo;
  if (embedding === undefined) return { contentHash, path, failure: outcome.failures[0] ?? NO_VECTOR };
  return { contentHash, vector: embedding.vector };
};

interface PhotoPath {
  readonly contentHash: string;
  readonly path: string;
}

/** Tries one file of each photo: the `attempt`th. Photos with fewer files are left out. */
async function* embedFiles(
  deps: EmbedPhotosDeps,
  encoder: DualEncoder,
  { contentHashes, attempt, signal }: { contentHashes: readonly string[]; attempt: number; signal: AbortSignal },
): AsyncGenerator<EmbeddedPhoto> {
  const asked = new Map<number, PhotoPath>();
  async function* sources(): AsyncGenerator<PhotoSource> {
    let index = 0;
    for (let from = 0; from < contentHashes.length; from += LOOKUP_LOT) {
      const lot = contentHashes.slice(from, from + LOOKUP_LOT);
      const files = Map.groupBy(await deps.filesOf(lot), (file) => file.contentHash);
      for (const contentHash of lot) {
        const file = files.get(contentHash)?.[attempt];
        if (file === undefined) continue;
        const path = file.absolutePath.toString("utf8");
        asked.set(index, { contentHash, path });
        index += 1;
        yield { displayPath: path, absolutePath: file.absolutePath, rootPath: file.rootPath };
      }
    }
  }
  const parallel = deps.config.processing.parallel_workers;
  for await (const outcome of createRun(deps, encoder)(sources(), { store: false, force: true, parallel, signal })) {
    const photo = asked.get(outcome.index);
    asked.delete(outcome.index);
    if (photo !== undefined) yield resultOf(outcome, photo);
  }
}

/**
 * One result per photo, in no order; after an abort only those that had been started. A photo with several files is
 * read from the first one that can be.
 */
export async function* embedPhotos(
  deps: EmbedPhotosDeps,
  encoder: DualEncoder,
  { contentHashes, signal }: { readonly contentHashes: readonly string[]; readonly signal: AbortSignal },
): AsyncGenerator<EmbeddedPhoto> {
  const failures = new Map<string, PhotoThatFailed>();
  let left = contentHashes;
  for (let attempt = 0; left.length > 0 && !signal.aborted; attempt += 1) {
    const tried = new Set<string>();
    for await (const result of embedFiles(deps, encoder, { contentHashes: left, attempt, signal })) {
      tried.add(result.contentHash);
      if ("failure" in result) failures.set(result.contentHash, result);
      else {
        failures.delete(result.contentHash);
        yield result;
      }
    }
    if (signal.aborted) return;
    if (attempt === 0) {
      for (const contentHash of left) {
        if (!tried.has(contentHash)) failures.set(contentHash, { contentHash, path: "", failure: NO_FILE });
      }
    }
    left = tried.size === 0 ? [] : [...failures.keys()];
  }
  yield* failures.values();
}
