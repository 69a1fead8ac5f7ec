/** Zero-shot tags: photo vectors against the label bank of a vocabulary. */
import { createHash } from "node:crypto";
import { SECOND } from "../../src/clock.ts";
import { InvalidInputError, UnreadablePhotoError } from "../../src/errors.ts";
import type { Logger } from "../../src/logger.ts";
import { silentLogger } from "../../src/logger.ts";
import type { ScoredTag } from "../../src/photo/types.ts";
import type { DualEncoder, EncodeOptions, Tagger } from "./encoder.ts";
import type { HostPool } from "./host-pool.ts";
import { createHostPool } from "./host-pool.ts";
import { bankKeyOf, ensureLabelBank } from "./label-bank.ts";
import type { PrepareOptions, TermEncoder } from "./label-bank.ts";
import type { TagCalibration } from "./tag-calibration.ts";
import { untunedTagCalibration } from "./tag-calibration.ts";
import type { BestTerms, Selection, TaggerSettings } from "./tag-selection.ts";
import { checkVocabulary, leastLogit, raisedConfidence, selectTags } from "./tag-selection.ts";
import type { TermScores } from "./tag-scorer.ts";
import type { VocabularyEntry } from "./vocabulary.ts";

export interface TaggerOptions {
  readonly encoder: TermEncoder & Pick<DualEncoder, "calibration">;
  /** Names unique after folding case, ids unique. */
  readonly vocabulary: readonly VocabularyEntry[];
  /** Folder of label banks; made when it is needed. */
  readonly bankDir: string;
  /** Folders of banks that came with a model; looked into first, never written. */
  readonly shippedBankDirs?: readonly string[];
  readonly settings: TaggerSettings;
  /** Unset = the model's pair score, shown as uncalibrated where it is the checkpoint's own. */
  readonly calibration?: TagCalibration | undefined;
  /** Opens the encoder that makes the bank, closed when it is made. Unset = `encoder`. */
  readonly openBankEncoder?: () => TermEncoder & AsyncDisposable;
  /**
   * How long photos wait for a bank in the making before they go on without tags, to get them later. Unset = for as
   * long as it takes.
   */
  readonly patienceMs?: number | undefined;
  /** A photo went on without tags. */
  readonly onLeftWaiting?: () => void;
  readonly logger?: Logger;
}

export interface HostedTagger extends Tagger, AsyncDisposable {
  /** Makes or checks the label bank; `tag` does it by itself. Until the bank is complete there are no tags. */
  readonly prepare: (options?: PrepareOptions) => Promise<void>;
  /**
   * Tags of many photos, in order; waits for the bank.
   * @param vectors `photos x dimension`, L2-normalised
   */
  readonly tagAll: (vectors: Float32Array, options?: EncodeOptions) => Promise<readonly (readonly ScoredTag[])[]>;
  readonly hostPids: () => readonly number[];
}

const SCORE_TIMEOUT_MS = 60 * SECOND;
/** Terms asked for first; more are asked for when all of them pass and dedup leaves too few. */
const FIRST_LIMIT = 128;
const MORE_TERMS = 4;

/** Waits for `promise`, but no longer than until the signal. */
const abortable = async <Value>(promise: Promise<Value>, signal: AbortSignal | undefined): Promise<Value> => {
  if (signal === undefined) return promise;
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason as Error); // an Error by convention
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
};

interface Preparation {
  /** Path of the complete bank. */
  readonly ready: (options?: PrepareOptions) => Promise<string>;
  /** The same, or undefined when it takes longer than the patience of this run. */
  readonly soon: (signal: AbortSignal | undefined) => Promise<string | undefined>;
}

type Build = (onProgress: NonNullable<PrepareOptions["onProgress"]>) => Promise<string>;

/** One build serves all callers: a caller that gives up leaves it to the others; after a failure the next call tries again. */
const createPreparation = (build: Build, patienceMs: number | undefined): Preparation => {
  const listeners = new Set<NonNullable<PrepareOptions["onProgress"]>>();
  let built: Promise<string> | undefined;
  let complete: string | undefined;
  let patience: Promise<undefined> | undefined;
  const start = async (): Promise<string> => {
    try {
      complete = await build((progress) => listeners.forEach((listener) => listener(progress)));
      return complete;
    } catch (error) {
      built = undefined;
      throw error;
    }
  };
  const ready: Preparation["ready"] = async ({ signal, onProgress } = {}) => {
    if (onProgress !== undefined) listeners.add(onProgress);
    try {
      return await abortable((built ??= start()), signal);
    } finally {
      if (onProgress !== undefined) listeners.delete(onProgress);
    }
  };
  return {
    ready,
    soon: async (signal) => {
      if (complete !== undefined) return complete;
      const path = ready(signal === undefined ? {} : { signal });
      if (patienceMs === undefined) return path;
      patience ??= new Promise((resolve) => setTimeout(() => resolve(undefined), patienceMs).unref());
      path.catch(() => undefined); // who waits for the bank gets its error
      return Promise.race([path, patience]);
    },
  };
};

/** The part of a reply that belongs to each photo. */
const perPhoto = ({ counts, rows, logits }: TermScores): readonly BestTerms[] => {
  let next = 0;
  return Array.from(counts, (count) => {
    const start = next;
    next += count;
    return { rows: rows.subarray(start, next), logits: logits.subarray(start, next) };
  });
};

const resultKeyOf = (bankKey: string, { id, calibrated }: TagCalibration, settings: TaggerSettings): string => {
  const facts = JSON.stringify([bankKey, id, calibrated, settings]);
  return `${bankKey.slice(0, 16)}/${createHash("sha256").update(facts).digest("hex").slice(0, 16)}`;
};

const createScorer = (
  bankPath: string,
  bankKey: string,
  { calibration, logger, threads }: { calibration: TagCalibration; logger: Logger; threads: number },
): HostPool<"tag-scorer"> =>
  createHostPool({
    task: { kind: "tag-scorer", spec: { bankPath, bankKey, calibration, threads, device: "cpu" } },
    hosts: 1,
    itemsPerRun: 1,
    timeoutMs: SCORE_TIMEOUT_MS,
    logger,
    failure: (_, reason) => new UnreadablePhotoError("tag_failed", `The tags could not be computed: ${reason}.`),
  });

const createBankBuild =
  (options: TaggerOptions, bankKey: string, signal: AbortSignal): Build =>
  async (onProgress) => {
    const { encoder, openBankEncoder, vocabulary, bankDir, shippedBankDirs = [] } = options;
    const bank = { bankDir, shippedBankDirs, key: bankKey, signal, onProgress };
    if (openBankEncoder === undefined) return (await ensureLabelBank(encoder, vocabulary, bank)).path;
    await using own = openBankEncoder();
    return (await ensureLabelBank(own, vocabulary, bank)).path;
  };

interface SelectionSteps {
  readonly dimension: number;
  readonly limit: number;
  readonly best: (vectors: Float32Array, limit: number) => Promise<readonly BestTerms[]>;
  readonly select: (terms: BestTerms, limit: number) => Selection;
}

/** Tags of each photo; one whose ancestors leave too few is asked about again, alone and with more terms. */
const selectAll = async (vectors: Float32Array, steps: SelectionSteps): Promise<readonly (readonly ScoredTag[])[]> => {
  const { dimension, limit } = steps;
  const terms = await steps.best(vectors, limit);
  return Promise.all(
    terms.map(async (each, photo) => {
      const { tags, complete } = steps.select(each, limit);
      if (complete) return tags;
      const vector = vectors.slice(photo * dimension, (photo + 1) * dimension);
      return (await selectAll(vector, { ...steps, limit: limit * MORE_TERMS }))[0] ?? [];
    }),
  );
};

export const createTagger = async (options: TaggerOptions): Promise<HostedTagger> => {
  const { encoder, vocabulary, logger = silentLogger } = options;
  checkVocabulary(vocabulary);
  const calibration = options.calibration ?? untunedTagCalibration(encoder.calibration);
  const settings = calibration.calibrated
    ? options.settings
    : { ...options.settings, minConfidence: raisedConfidence(options.settings.minConfidence) };
  const bankKey = await bankKeyOf(encoder, vocabulary);
  const closing = new AbortController();
  const preparation = createPreparation(createBankBuild(options, bankKey, closing.signal), options.patienceMs);
  const minLogit = leastLogit(settings.minConfidence);
  let scorer: HostPool<"tag-scorer"> | undefined;

  const best = async (
    bankPath: string,
    request: { readonly vectors: Float32Array; readonly limit: number },
    encodeOptions: EncodeOptions,
  ): Promise<readonly BestTerms[]> => {
    closing.signal.throwIfAborted();
    scorer ??= createScorer(bankPath, bankKey, { calibration, logger, threads: 1 });
    return perPhoto(await scorer.submit({ ...request, minLogit }, encodeOptions));
  };
  const tagWith = (bankPath: string, vectors: Float32Array, encodeOptions: EncodeOptions) =>
    selectAll(vectors, {
      dimension: encoder.dimension,
      limit: Math.max(FIRST_LIMIT, settings.maxTags),
      best: (own, limit) => best(bankPath, { vectors: own, limit }, encodeOptions),
      select: (terms, limit) => selectTags(terms, vocabulary, { settings, limit }),
    });

  return {
    bankKey,
    calibrationId: calibration.calibrated ? calibration.id : `${calibration.id}/uncalibrated`,
    resultKey: resultKeyOf(bankKey, calibration, settings),
    prepare: async (prepareOptions) => void (await preparation.ready(prepareOptions)),
    hostPids: () => scorer?.pids() ?? [],
    tag: async (vector, encodeOptions = {}) => {
      if (vector.length !== encoder.dimension) throw wrongSize(encoder, `${vector.length}`);
      if (vocabulary.length === 0) return [];
      const path = await preparation.soon(encodeOptions.signal);
      if (path !== undefined) return (await tagWith(path, vector, encodeOptions))[0];
      options.onLeftWaiting?.();
      return undefined;
    },
    tagAll: async (vectors, encodeOptions = {}) => {
      const photos = vectors.length / encoder.dimension;
      if (!Number.isInteger(photos)) throw wrongSize(encoder, `${vectors.length} in all`);
      if (vocabulary.length === 0 || photos === 0) return Array.from({ length: photos }, () => []);
      const path = await preparation.ready(encodeOptions.signal === undefined ? {} : { signal: encodeOptions.signal });
      return tagWith(path, vectors, encodeOptions);
    },
    [Symbol.asyncDispose]: async () => {
      closing.abort();
      await scorer?.[Symbol.asyncDispose]();
    },
  };
};

const wrongSize = ({ dimension, vectorKey }: TermEncoder, received: string): InvalidInputError =>
  new InvalidInputError(`expected vectors of ${dimension} values from ${vectorKey}, received ${received}`);
