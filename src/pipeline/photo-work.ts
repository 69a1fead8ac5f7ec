/** The work on one photo: read, hash, run the stages that are stale, put the result together. */
import type { FileClaim, FileStat } from "../catalogue/file-repository.ts";
import type { PhotoUpdate, TagRun } from "../catalogue/photo-row.ts";
import { hashBytes } from "../photo/content-hash.ts";
import { identifyFormat } from "../photo/sniff.ts";
import type { PhotoFailure, PhotoSource, ProcessedPhoto } from "../photo/types.ts";
import { placesWith } from "./copies.ts";
import type { ReadBuffers } from "./decode/read-buffers.ts";
import { createReadBuffers } from "./decode/read-buffers.ts";
import { readPhotoFile } from "./decode/read-photo-file.ts";
import type { Occupancy } from "./occupancy.ts";
import type { ProcessOptions } from "./outcome.ts";
import type { PipelineDeps } from "./pipeline-deps.ts";
import type { StoredParts } from "./read-back.ts";
import { assemblePhoto, lostStages, readParts } from "./read-back.ts";
import { runStages } from "./run-stages.ts";
import { copyVectors, digestOf } from "./same-picture.ts";
import type { SidecarFiles } from "./sidecar-files.ts";
import type { PhotoDraft } from "./stage.ts";
import type { StageKeys } from "./stage-plan.ts";
import { keysOf, plannedStages, staleStages, wantedKeys, withSidecars } from "./stage-plan.ts";

const NO_BYTES = new Uint8Array();
/** As many as photos are read and decoded at once by default. */
const KEPT_BUFFERS = 4;

/** A source that waits for its turn. Claim and stat are absent without a library. */
export interface WorkItem {
  readonly index: number;
  readonly source: PhotoSource;
  readonly stat: FileStat | undefined;
  readonly claim: FileClaim | undefined;
}

/** What the work on one content gave; copies of the content in the same run share it. */
export interface ContentResult {
  readonly contentHash: string;
  /** undefined when the consumer wants no record of it, see ProcessOptions.skip. */
  readonly photo: ProcessedPhoto | undefined;
  readonly failures: readonly PhotoFailure[];
  /** Names of the stages that ran for it. */
  readonly ran: readonly string[];
  /** What to store; undefined when nothing was computed. */
  readonly update: PhotoUpdate | undefined;
}

export interface WorkResult extends ContentResult {
  readonly stat: FileStat;
}

interface OpenedPhoto {
  readonly draft: PhotoDraft & { readonly contentHash: string };
  readonly stat: FileStat;
  /** Signature of its sidecars. */
  readonly sidecars: string;
}

interface Plan {
  readonly wanted: StageKeys;
  readonly stale: ReadonlySet<string>;
  readonly parts: StoredParts | undefined;
}

export interface PhotoWork {
  /**
   * Reads and decodes; resolves to the rest of the work, which waits for the encoder. Copies of one content that are
   * worked on at the same time share one result.
   */
  readonly start: (item: WorkItem) => Promise<() => Promise<WorkResult>>;
  /** The result is in the library now: later copies find it there. */
  readonly stored: (contentHash: string) => void;
}

interface WorkRun {
  readonly deps: PipelineDeps;
  readonly options: ProcessOptions;
  readonly sidecars: SidecarFiles;
  readonly buffers: ReadBuffers;
}

const openPhoto = async (
  source: PhotoSource,
  { deps: { context, library }, sidecars, buffers }: WorkRun,
): Promise<OpenedPhoto> => {
  const { limits, signal } = context;
  const { bytes, ...stat } = await readPhotoFile(source.absolutePath, { limits, signal, buffers });
  const format = identifyFormat(bytes, source.displayPath);
  const contentHash = hashBytes(bytes);
  const places = await library?.catalogue.sidecars.places([contentHash]);
  const beside = await sidecars.read(placesWith(source.absolutePath, places?.get(contentHash)));
  return {
    draft: {
      absolutePath: source.absolutePath,
      bytes,
      format,
      contentHash,
      sidecars: beside,
    },
    stat,
    sidecars: beside.signature,
  };
};

const planWork = async (opened: OpenedPhoto, deps: PipelineDeps, force: boolean): Promise<Plan> => {
  const { context, library, stages } = deps;
  const hash = opened.draft.contentHash;
  const wanted = withSidecars(wantedKeys(stages, context), opened.sidecars);
  if (library === undefined) return { wanted, stale: staleStages(wanted, undefined), parts: undefined };
  const stored = (await library.catalogue.photos.stageKeys([hash])).get(hash);
  const parts = stored === undefined ? undefined : (await readParts(library, [hash], wanted, context)).get(hash);
  const stale = new Set([...staleStages(wanted, force ? undefined : stored), ...lostStages(parts, wanted)]);
  return { wanted, stale, parts };
};

const tagRunOf = ({ context: { encoder, tagger }, library }: PipelineDeps): TagRun | undefined =>
  encoder === undefined || tagger === undefined || library === undefined
    ? undefined
    : {
        token: library.runToken,
        vectorKey: encoder.vectorKey,
        bankKey: tagger.bankKey,
        calibrationId: tagger.calibrationId,
      };

const vectorsOf = (
  { vector, largerVector }: PhotoDraft,
  done: StageKeys,
  { context: { encoder, largerEncoder } }: PipelineDeps,
): Pick<PhotoUpdate, "embedding" | "largerEmbedding"> => ({
  ...(done.has("embed") && vector !== undefined && encoder !== undefined
    ? { embedding: { vectorKey: encoder.vectorKey, vector } }
    : {}),
  ...(done.has("embed-larger") && largerVector !== undefined && largerEncoder !== undefined
    ? { largerEmbedding: { vectorKey: largerEncoder.vectorKey, vector: largerVector } }
    : {}),
});

const updateOf = (
  { draft }: OpenedPhoto,
  fileSize: number,
  done: readonly string[],
  { wanted }: Plan,
  deps: PipelineDeps,
): PhotoUpdate => {
  const { decoded, thumbnail, tags } = draft;
  const digest = digestOf(draft);
  const run = tagRunOf(deps);
  const stageKeys = keysOf(done, wanted);
  return {
    contentHash: draft.contentHash,
    format: draft.format,
    fileSize,
    stageKeys,
    ...(decoded === undefined
      ? {}
      : {
          size: { width: decoded.originalWidth, height: decoded.originalHeight, orientation: decoded.orientation },
        }),
    ...(draft.metadata === undefined ? {} : { metadata: draft.metadata }),
    ...(thumbnail === undefined ? {} : { thumbnail: factsOf(thumbnail) }),
    ...(draft.perceptualHash === undefined ? {} : { perceptualHash: draft.perceptualHash }),
    ...(digest === undefined ? {} : { pixelDigest: digest }),
    ...vectorsOf(draft, stageKeys, deps),
    ...(tags === undefined || run === undefined ? {} : { tags: { run, tags } }),
  };
};

const factsOf = ({
  bytes: _bytes,
  ...facts
}: NonNullable<PhotoDraft["thumbnail"]>): PhotoUpdate["thumbnail"] & object => facts;

/** Wanted by nobody: the consumer has it, or the user removed it and did not name this very file. */
const isSkipped = async (
  { deps: { library }, options }: WorkRun,
  source: PhotoSource,
  hash: string,
  { stale }: Plan,
): Promise<boolean> => {
  if ((library === undefined || stale.size === 0) && options.skip?.(source, hash) === true) return true;
  if (library === undefined || source.named === true) return false;
  return (await library.catalogue.photos.forgottenAmong([hash])).has(hash);
};

/** The part that needs a decode slot; resolves to the part that does not. */
const startContent = async (
  { deps, options, buffers }: WorkRun,
  opened: OpenedPhoto,
  plan: Plan,
): Promise<() => Promise<ContentResult>> => {
  const { draft } = opened;
  const { contentHash } = draft;
  const fileSize = draft.bytes.byteLength;
  const warn = (stage: string, error: unknown): void =>
    deps.logger.debug(`stage ${stage} failed unexpectedly`, { error: error instanceof Error ? error.stack : error });
  const stages = plannedStages(deps.stages, plan.stale);
  if (plan.parts?.vector !== undefined && !plan.stale.has("embed")) draft.vector = plan.parts.vector;
  const inSlot = stages.filter(({ lane }) => lane === undefined);
  const first = await runStages(inSlot, draft, deps.context, warn);
  if (first.failures.length === 0) buffers.giveBack(draft.bytes);
  draft.bytes = NO_BYTES;
  const copied = options.force ? [] : await copyVectors(deps, draft, plan);
  return async () => {
    const inEncoderLane = stages.filter(({ lane, name }) => lane === "encoder" && !copied.includes(name));
    const second = await runStages(inEncoderLane, draft, deps.context, warn);
    const done = [...first.done, ...copied, ...second.done];
    return {
      contentHash,
      photo: assemblePhoto(draft, fileSize, plan.parts, deps.context),
      failures: [...first.failures, ...second.failures],
      ran: [...first.done, ...second.done],
      update: done.length === 0 ? undefined : updateOf(opened, fileSize, done, plan, deps),
    };
  };
};

export const createPhotoWork = (
  deps: PipelineDeps,
  options: ProcessOptions,
  occupancy: Occupancy,
  sidecars: SidecarFiles,
): PhotoWork => {
  const run: WorkRun = { deps, options, sidecars, buffers: createReadBuffers(KEPT_BUFFERS) };
  const shared = new Map<string, Promise<ContentResult>>();

  /** Resolves when the decode slot is free again; the result itself may come later. */
  const startOnce = async (
    source: PhotoSource,
    opened: OpenedPhoto,
  ): Promise<{ readonly result: Promise<ContentResult> }> => {
    const { contentHash } = opened.draft;
    const begun = shared.get(contentHash);
    const plan = await planWork(opened, deps, options.force);
    if (await isSkipped(run, source, contentHash, plan)) {
      return { result: Promise.resolve({ contentHash, photo: undefined, failures: [], ran: [], update: undefined }) };
    }
    const known = begun ?? shared.get(contentHash);
    if (known !== undefined) return { result: known.then((result) => ({ ...result, ran: [] })) };
    const started = startContent(run, opened, plan);
    const result = started.then((finish) => finish());
    shared.set(contentHash, result);
    result.catch(() => shared.delete(contentHash)); // a copy may try again; the error reaches whoever awaits it
    await started;
    return { result };
  };

  return {
    start: async ({ source }) => {
      const { stat, result } = await occupancy.inSlot(async () => {
        const opened = await openPhoto(source, run);
        return { stat: opened.stat, ...(await startOnce(source, opened)) };
      });
      return async () => ({ ...(await result), stat });
    },
    stored: (contentHash) => shared.delete(contentHash),
  };
};
