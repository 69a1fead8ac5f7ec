/** What a run of the pipeline is given and what it reports, one outcome per source, in completion order. */
import type { Tx } from "../catalogue/transaction.ts";
import type { PhotoFailure, PhotoSource, ProcessedPhoto, ThumbnailSettings } from "../photo/types.ts";

/** What a run makes of each photo. */
export interface ProcessSettings {
  /** undefined = make none. */
  readonly thumbnail: ThumbnailSettings | undefined;
  /** Without embedding there are no tags either. */
  readonly embedding: boolean;
  readonly tagging: TaggingSettings | undefined;
  /** fast: the model `auto` resolved; high: the larger installed variant. Unset = the library's active model. */
  readonly quality?: "fast" | "high";
}

export interface TaggingSettings {
  /** 0..1 */
  readonly minConfidence: number;
  readonly maxTags: number;
  readonly deduplicateAncestors: boolean;
}

export interface TaggingProgress {
  /** bank: terms of the label bank. tags: photos. scores: captions that show what chance gives in searches. */
  readonly phase: "bank" | "tags" | "scores";
  readonly done: number;
  readonly total: number;
}

export interface ProcessOptions {
  /** Store results in the library. Without it the library is neither read nor written. */
  readonly store: boolean;
  /** Run stages that are current again. */
  readonly force: boolean;
  /** Photos decoded at the same time. */
  readonly parallel: number;
  /**
   * Asked when the content hash is known and every wanted stage is current in the library (without a library: when
   * the hash is known). True = report `unchanged` instead of reading the results back.
   */
  readonly skip?: (source: PhotoSource, contentHash: string) => boolean;
  /**
   * Writes what follows from photos of this run, in the transaction that stores them: jobs of language models. Called for
   * photos that were found unchanged too, so more than once for the same content. Needs `store`.
   * @param contentHashes photos that readers see now, or saw before and may not see any more
   */
  readonly alongside?: (tx: Tx, contentHashes: readonly string[]) => Promise<void>;
  /**
   * Bounds how far outcomes may run ahead of the oldest unreported source, so that a consumer can put them back into
   * input order with a buffer of this size. Unset = no bound.
   */
  readonly orderWindow?: number;
  /** Aborting stops taking new photos; photos already started are finished and reported. */
  readonly signal: AbortSignal;
}

export type ProcessOutcome =
  | {
      readonly status: "done";
      /** Position in the input order, from 0. */
      readonly index: number;
      readonly source: PhotoSource;
      readonly photo: ProcessedPhoto;
      /** Optional stages that failed: the record is made without their part. */
      readonly failures: readonly PhotoFailure[];
      /** Names of the stages that ran for this file; copies of one content are computed once. */
      readonly ran: readonly string[];
      /** True when nothing was computed: every part was read back or copied from known content. */
      readonly reused: boolean;
    }
  | { readonly status: "failed"; readonly index: number; readonly source: PhotoSource; readonly failure: PhotoFailure }
  | {
      readonly status: "unchanged";
      readonly index: number;
      readonly source: PhotoSource;
      readonly contentHash: string;
    };

export type ProcessPhotos = (
  sources: AsyncIterable<PhotoSource>,
  options: ProcessOptions,
) => AsyncIterable<ProcessOutcome>;

/** The application as `photon process` sees it. */
export interface ProcessApi {
  readonly process: (
    sources: AsyncIterable<PhotoSource>,
    settings: ProcessSettings,
    options: ProcessOptions,
  ) => AsyncIterable<ProcessOutcome>;
  /**
   * What runs leave for their end: tags of photos that did not wait for the label bank, and what chance gives in
   * searches of this library. Without either nothing is done.
   */
  readonly finish: (options: {
    readonly onProgress?: (progress: TaggingProgress) => void;
    readonly signal: AbortSignal;
  }) => Promise<void>;
  /** Absolute real paths of the added roots. */
  readonly addedRoots: () => Promise<readonly Buffer[]>;
  /** Key of the vectors such a run makes; undefined when no model is installed. Creates no library. */
  readonly vectorKey: (settings: ProcessSettings) => Promise<string | undefined>;
  /**
   * Resolves when everything stored so far can be found by search, taking the committer role when it is free.
   * @param onPending called with the number of photos that wait, each time 5 s have passed without progress
   */
  readonly waitUntilIndexed: (onPending: (photos: number) => void, signal: AbortSignal) => Promise<void>;
}
