/** A dual encoder whose towers run in child processes, so that inference never holds the caller's thread. */
import { createHash } from "node:crypto";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { SECOND } from "../../src/clock.ts";
import { InternalError, InvalidInputError, UnreadablePhotoError } from "../../src/errors.ts";
import type { Logger } from "../../src/logger.ts";
import { silentLogger } from "../../src/logger.ts";
import type { DualEncoder } from "./encoder.ts";
import { createHostPool } from "./host-pool.ts";
import type { HostPool, RunFailure } from "./host-pool.ts";
import type { HostTask } from "./host-protocol.ts";
import type { Device, DeviceInUse } from "./inference-session.ts";
import type { InstalledModel } from "./installed-models.ts";
import type { ModelManifest } from "./manifest.ts";
import { fileOfRole } from "./manifest.ts";
import type { TextTowerSpec } from "./text-tower.ts";

export interface HostedEncoderOptions {
  readonly logger?: Logger;
  /** Child processes of the image tower. */
  readonly hosts?: number;
  /** Unset = half of the cores, at least 1. */
  readonly threadsPerHost?: number;
  /** Unset = 4, or 1 for dynamic int8 graphs: their vectors depend on their neighbours. */
  readonly imagesPerRun?: number;
  /** Per image, from the start of its inference. */
  readonly embedTimeoutMs?: number;
  /** Execution provider; one that is missing falls back to the CPU with a warning. */
  readonly device?: Device;
  /** Load the text tower in this process: for a command that waits for nothing else. */
  readonly textInProcess?: boolean;
}

export interface HostedEncoder extends DualEncoder {
  /** Names everything a text's vector depends on besides the vector key: text graph, tokenizer and text rules. */
  readonly textKey: string;
  /** Process ids of the living hosts. */
  hostPids(): readonly number[];
}

const IMAGE_HOSTS = 2;
const IMAGES_PER_RUN = 4;
const EMBED_TIMEOUT_MS = 30 * SECOND;
/** For a whole chunk of texts. */
const TEXT_TIMEOUT_MS = 120 * SECOND;
const TEXTS_PER_RUN = 64;
/** Variants whose activations are quantised per run. */
const DYNAMIC_VARIANTS: readonly ModelManifest["variant"][] = ["int8", "uint8"];

const IMAGE_FAILURES = { crash: "embed_failed", invalid: "embed_failed", timeout: "embed_timeout" } as const;

const imageFailure = (kind: RunFailure, reason: string): Error =>
  new UnreadablePhotoError(IMAGE_FAILURES[kind], `The picture could not be embedded: ${reason}.`, {
    hint: "Run `photon quarantine retry` to try the photo again, or `photon doctor` to check the model files.",
  });

const textFailure = (_kind: RunFailure, reason: string): Error =>
  new InternalError(`expected a vector for every text, received a failure: ${reason}`, {
    hint: "Run `photon doctor` to check the model files.",
  });

const textKeyOf = (manifest: ModelManifest): string => {
  const facts = {
    text: fileOfRole(manifest, "text"),
    tokenizer: fileOfRole(manifest, "tokenizer"),
    rules: manifest.text,
  };
  return createHash("sha256").update(JSON.stringify(facts)).digest("hex");
};

const chunksOf = (texts: readonly string[]): readonly (readonly string[])[] =>
  Array.from({ length: Math.ceil(texts.length / TEXTS_PER_RUN) }, (_, index) =>
    texts.slice(index * TEXTS_PER_RUN, (index + 1) * TEXTS_PER_RUN),
  );

/** What comes out of a pipe may be a view into a whole message: a kept vector must not keep that. */
const owned = (vector: Float32Array): Float32Array => vector.slice();

type EncodeChunk = HostPool<"text-tower">["submit"];

const lazy = <T>(make: () => Promise<T>): (() => Promise<T>) => {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
};

/** One warning an encoder, however many hosts it has. */
const warnOnFallback = (logger: Logger): ((inUse: DeviceInUse) => void) => {
  let warned = false;
  return ({ fallback }) => {
    if (fallback === undefined || warned) return;
    warned = true;
    logger.warn(`embedding.device cannot be used, the CPU is used instead. ${fallback}`);
  };
};

const inProcessText = (spec: TextTowerSpec, onOpened: (inUse: DeviceInUse) => void): EncodeChunk => {
  const tower = lazy(async () => {
    const opened = await (await import("./text-tower.ts")).openTextTower(spec);
    onOpened(opened);
    return opened;
  });
  return async (chunk, options) => {
    const opened = await tower();
    options?.signal?.throwIfAborted();
    return (await opened.run([chunk]))[0] ?? [];
  };
};

type GraphSettings = Pick<TextTowerSpec, "path" | "threads" | "device" | "dimension">;

const graphOf = (
  { manifest, directory }: InstalledModel,
  role: "vision" | "text",
  { threadsPerHost, device = "auto" }: HostedEncoderOptions,
): GraphSettings => ({
  path: join(directory, fileOfRole(manifest, role).path),
  threads: threadsPerHost ?? Math.max(1, Math.floor(availableParallelism() / 2)),
  device,
  dimension: manifest.dimension,
});

const imageTaskOf = (model: InstalledModel, options: HostedEncoderOptions): HostTask<"image-tower"> => {
  const { image, output } = model.manifest;
  return { kind: "image-tower", spec: { ...graphOf(model, "vision", options), image, output: output.vision } };
};

const textSpecOf = (model: InstalledModel, options: HostedEncoderOptions): TextTowerSpec => ({
  ...graphOf(model, "text", options),
  tokenizerPath: join(model.directory, fileOfRole(model.manifest, "tokenizer").path),
  text: model.manifest.text,
  output: model.manifest.output.text,
});

/** Both towers come from one manifest, and start when they are first needed. */
export const createHostedEncoder = (model: InstalledModel, options: HostedEncoderOptions = {}): HostedEncoder => {
  const { manifest } = model;
  const { logger = silentLogger } = options;
  const textSpec = textSpecOf(model, options);
  const onOpened = warnOnFallback(logger);
  const images = createHostPool({
    task: imageTaskOf(model, options),
    hosts: options.hosts ?? IMAGE_HOSTS,
    itemsPerRun: options.imagesPerRun ?? (DYNAMIC_VARIANTS.includes(manifest.variant) ? 1 : IMAGES_PER_RUN),
    timeoutMs: options.embedTimeoutMs ?? EMBED_TIMEOUT_MS,
    logger,
    failure: imageFailure,
    onOpened,
  });
  const texts = createHostPool({
    task: { kind: "text-tower", spec: textSpec },
    hosts: 1,
    itemsPerRun: 1,
    timeoutMs: TEXT_TIMEOUT_MS,
    logger,
    failure: textFailure,
    onOpened,
  });
  const encodeChunk: EncodeChunk = options.textInProcess === true ? inProcessText(textSpec, onOpened) : texts.submit;
  const pixelBytes = 3 * manifest.image.size ** 2;

  return {
    modelId: manifest.id,
    vectorKey: model.vectorKey,
    dimension: manifest.dimension,
    imageInput: { size: manifest.image.size, resize: manifest.image.resize, kernel: manifest.image.kernel },
    calibration: model.calibration,
    textKey: textKeyOf(manifest),
    hostPids: () => [...images.pids(), ...texts.pids()],
    embedImage: async (pixels, encodeOptions) => {
      if (pixels.length !== pixelBytes) {
        throw new InvalidInputError(`expected ${pixelBytes} bytes for pixels, received ${pixels.length}`);
      }
      return owned(await images.submit(pixels, encodeOptions));
    },
    embedTexts: async (wanted, encodeOptions) => {
      const chunks = await Promise.all(chunksOf(wanted).map((chunk) => encodeChunk(chunk, encodeOptions)));
      return chunks.flat().map((vector) => {
        if (vector === undefined) throw textFailure("invalid", "the model gave no finite vector");
        return owned(vector);
      });
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([images[Symbol.asyncDispose](), texts[Symbol.asyncDispose]()]);
    },
  };
};
