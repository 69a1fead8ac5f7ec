/** Zero-shot tags: a photo's vector against the label bank of a vocabulary. */
import { SECOND } from "../../src/clock.ts";
import { InvalidInputError, UnreadablePhotoError } from "../../src/errors.ts";
import type { Logger } from "../../src/logger.ts";
import { silentLogger } from "../../src/logger.ts";
import type { ScoredTag } from "../../src/photo/types.ts";
import type { DualEncoder, ScoreCalibration, Tagger } from "./encoder.ts";
import { createHostPool } from "./host-pool.ts";
import { bankKeyOf, bankPathOf, ensureLabelBank } from "./label-bank.ts";
import type { PrepareOptions, TermEncoder } from "./label-bank.ts";
import type { TermScores } from "./tag-scorer.ts";
import type { VocabularyEntry } from "./vocabulary.ts";

export interface TaggerSettings {
  /** Calibrated, 0..1. */
  readonly minConfidence: number;
  readonly maxTags: number;
  /** Drop a term when a kept, more specific one has it among its ancestors. */
  readonly deduplicateAncestors: boolean;
}

export interface TaggerOptions {
  readonly encoder: TermEncoder & Pick<DualEncoder, "calibration">;
  /** Names unique after folding case, ids unique. */
  readonly vocabulary: readonly VocabularyEntry[];
  /** Folder of label banks; made when it is needed. */
  readonly bankDir: string;
  readonly settings: TaggerSettings;
  readonly logger?: Logger;
}

export interface HostedTagger extends Tagger, AsyncDisposable {
  /** Makes or checks the label bank; `tag` does it by itself. Until the bank is complete there are no tags. */
  readonly prepare: (options?: PrepareOptions) => Promise<void>;
  readonly hostPids: () => readonly number[];
}

const SCORE_TIMEOUT_MS = 30 * SECOND;
/** Terms asked for first; more are asked for when all of them pass and dedup leaves too few. */
const FIRST_LIMIT = 128;
/** An ancestor survives when it is surer than its descendant by more than this. */
const ANCESTOR_MARGIN = 0.1;

const fold = (name: string): string => name.normalize("NFC").toLowerCase();

/** The chance that a term is right, by the model's logistic fit. */
export const confidenceOf = (cosine: number, { scale, bias }: ScoreCalibration): number =>
  1 / (1 + Math.exp(-(scale * cosine + bias)));

/** Drops A when a B that stays has A among its ancestors and is at most {@link ANCESTOR_MARGIN} less sure. */
export const dropAncestors = (tags: readonly ScoredTag[]): readonly ScoredTag[] =>
  tags.filter((tag) => {
    const name = fold(tag.name);
    return !tags.some(
      (other) =>
        other !== tag &&
        other.ancestors?.some((ancestor) => fold(ancestor) === name) === true &&
        other.confidence >= tag.confidence - ANCESTOR_MARGIN,
    );
  });

const toTag = (entry: VocabularyEntry, confidence: number): ScoredTag => ({
  name: entry.name,
  confidence,
  category: entry.category,
  ...(entry.ancestors.length === 0 ? {} : { ancestors: entry.ancestors }),
});

const indexTerms = (vocabulary: readonly VocabularyEntry[]): ReadonlyMap<string, VocabularyEntry> => {
  const names = new Set(vocabulary.map((entry) => fold(entry.name)));
  const byId = new Map(vocabulary.map((entry) => [entry.id, entry]));
  if (names.size === vocabulary.length && byId.size === vocabulary.length) return byId;
  throw new InvalidInputError(
    `expected unique names and ids in the vocabulary, received ${names.size} names and ${byId.size} ids for ${vocabulary.length} terms`,
  );
};

/** Waits for `promise`, but no longer than until the signal. */
const abortable = async (promise: Promise<void>, signal: AbortSignal | undefined): Promise<void> => {
  if (signal === undefined) return promise;
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason as Error); // an Error by convention
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
};

/** One build serves all callers: a caller that gives up leaves it to the others; after a failure the next call tries again. */
const createPreparation = (
  build: (onProgress: PrepareOptions["onProgress"]) => Promise<unknown>,
): HostedTagger["prepare"] => {
  let built: Promise<void> | undefined;
  const start = async (onProgress: PrepareOptions["onProgress"]): Promise<void> => {
    try {
      await build(onProgress);
    } catch (error) {
      built = undefined;
      throw error;
    }
  };
  return ({ signal, onProgress } = {}) => abortable((built ??= start(onProgress)), signal);
};

/**
 * Ancestors go before the list is cut, so that it is filled when there is enough to fill it with.
 * @param best the surest tags among the `limit` best terms
 */
const selectTags = async (
  best: (limit: number) => Promise<readonly ScoredTag[]>,
  { maxTags, deduplicateAncestors }: TaggerSettings,
  terms: number,
): Promise<readonly ScoredTag[]> => {
  for (let limit = Math.max(FIRST_LIMIT, maxTags); ; limit *= 4) {
    const passing = await best(limit);
    const kept = deduplicateAncestors ? dropAncestors(passing) : passing;
    const isAll = passing.length < limit || limit >= terms;
    if (isAll || kept.length >= maxTags) return kept.slice(0, maxTags);
  }
};

export const createTagger = async (options: TaggerOptions): Promise<HostedTagger> => {
  const { encoder, vocabulary, bankDir, settings, logger = silentLogger } = options;
  const terms = indexTerms(vocabulary);
  const bankKey = await bankKeyOf(encoder, vocabulary);
  const scorer = createHostPool({
    task: {
      kind: "tag-scorer",
      spec: { bankPath: bankPathOf(bankDir, bankKey), bankKey, threads: 1, device: "cpu" },
    },
    hosts: 1,
    itemsPerRun: 1,
    timeoutMs: SCORE_TIMEOUT_MS,
    logger,
    failure: (_, reason) => new UnreadablePhotoError("tag_failed", `The tags could not be computed: ${reason}.`),
  });
  const closing = new AbortController();
  const prepare = createPreparation((onProgress) =>
    ensureLabelBank(encoder, vocabulary, {
      ...(onProgress === undefined ? {} : { onProgress }),
      signal: closing.signal,
      bankDir,
      key: bankKey,
    }),
  );

  const toTags = ({ termIds, cosines }: TermScores): readonly ScoredTag[] =>
    termIds.flatMap((id, index) => {
      const entry = terms.get(id);
      const confidence = confidenceOf(cosines[index] ?? -1, encoder.calibration);
      return entry === undefined || confidence < settings.minConfidence ? [] : [toTag(entry, confidence)];
    });

  return {
    bankKey,
    prepare,
    hostPids: () => scorer.pids(),
    tag: async (vector, encodeOptions = {}) => {
      if (vector.length !== encoder.dimension) {
        throw new InvalidInputError(
          `expected a vector of ${encoder.dimension} values from ${encoder.vectorKey}, received ${vector.length}`,
        );
      }
      if (terms.size === 0) return [];
      await prepare(encodeOptions.signal === undefined ? {} : { signal: encodeOptions.signal });
      const best = async (limit: number): Promise<readonly ScoredTag[]> =>
        toTags(await scorer.submit({ vector, limit }, encodeOptions));
      return selectTags(best, settings, terms.size);
    },
    [Symbol.asyncDispose]: () => {
      closing.abort();
      return scorer[Symbol.asyncDispose]();
    },
  };
};
