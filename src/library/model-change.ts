/** Changing the model of a library, as commands see it. Types only; the composition root provides it. */
import type { ModelVariant } from "../../models/embedding/manifest.ts";
import type { PhotoFailureCode } from "../errors.ts";

export interface ModelOfLibrary {
  readonly modelId: string;
  readonly vectorKey: string;
}

/** What a change would take. */
export interface ModelChangePlan extends ModelOfLibrary {
  /** Model that is searched with now; undefined when the library has none. */
  readonly current: ModelOfLibrary | undefined;
  /** Photos that exist for a reader. */
  readonly photos: number;
  /** Those without a vector of the wanted model. */
  readonly toEmbed: number;
  /** Measured on some of them, start-up left out; undefined when there are too few to tell. */
  readonly photosPerSecond: number | undefined;
  /** Estimate for all that is to be embedded. */
  readonly seconds: number | undefined;
  /** Estimates; both sets of vectors lie side by side until `prune`. */
  readonly bytesNeeded: number;
  readonly bytesFree: number;
}

export interface ModelChangeProgress {
  /** vocabulary, tagging: after the switch; terms are encoded for the new model, then tags follow from stored vectors. */
  readonly phase: "embedding" | "indexing" | "vocabulary" | "tagging";
  /** Photos; in the phase vocabulary terms. */
  readonly done: number;
  readonly failed: number;
  readonly total: number;
}

/** A photo without a vector of the new model: found by words and filters only. */
export interface PhotoNotEmbedded {
  /** Absolute path of its first file; bytes that are no UTF-8 are shown as U+FFFD. */
  readonly path: string;
  readonly code: PhotoFailureCode;
  readonly message: string;
}

/**
 * Words that are known to fit some photos (keywords, titles, captions of the files) are searched for by meaning alone:
 * recall is the share of those photos among as many first hits, averaged over the words. 0..1
 */
export interface ModelSelfCheck {
  readonly queries: number;
  /** undefined when the old model's files are gone. */
  readonly recallBefore: number | undefined;
  readonly recallAfter: number;
}

export interface ModelChangeReport extends ModelOfLibrary {
  readonly previous: ModelOfLibrary | undefined;
  /** False when the model was in use already: photos without a vector got one. */
  readonly switched: boolean;
  readonly photos: number;
  readonly embedded: number;
  readonly notEmbedded: readonly PhotoNotEmbedded[];
  /** undefined when no file carries words to search for. */
  readonly selfCheck: ModelSelfCheck | undefined;
  readonly seconds: number;
}

/** A change that has begun and is not complete. */
export interface ModelChangeStatus extends ModelOfLibrary {
  readonly done: number;
  readonly total: number;
  /** Whole number, 0..100; 100 only when every photo is embedded. */
  readonly percent: number;
  /** A process is at it now. */
  readonly running: boolean;
  readonly secondsLeft: number | undefined;
}

/** Vectors of a model that the library no longer uses. */
export interface RetiredModel extends ModelOfLibrary {
  readonly vectors: number;
  /** Estimate of what its vectors take in the catalogue, and its index table on disk. */
  readonly bytes: number;
}

export interface PruneReport {
  readonly removed: readonly RetiredModel[];
  /** Given back to the disk, measured. */
  readonly bytesFreed: number;
  /** False when the catalogue could not be made smaller now: new photos use the space. */
  readonly compacted: boolean;
}

export interface WantedModel {
  readonly id: string;
  /** undefined = the one in use if it is of this model, else the first one installed. */
  readonly precision?: ModelVariant | undefined;
}

export interface ChangeModelOptions {
  readonly signal: AbortSignal;
  /** Switch although many photos could not be embedded. */
  readonly acceptMissing?: boolean;
  readonly onProgress?: (progress: ModelChangeProgress) => void;
}

export interface ModelChangeApi {
  /** @throws NotFoundError when the model is not installed */
  readonly planModelChange: (model: WantedModel, options: { readonly signal: AbortSignal }) => Promise<ModelChangePlan>;
  /**
   * Embeds every photo with the wanted model, then switches to it. Until the switch everything works with the model in
   * use. After an abort or a crash a further call goes on where this one stopped.
   * @throws StorageError when the disk is too small, another process is changing the model or has cancelled the change,
   * or too many photos failed; ConfigError when the model's files are damaged, NotFoundError when it is not installed
   */
  readonly changeModel: (model: WantedModel, options: ChangeModelOptions) => Promise<ModelChangeReport>;
  /** Ends a change that is not complete; the model in use stays. Gives what was ended. */
  readonly cancelModelChange: () => Promise<readonly ModelOfLibrary[]>;
  readonly modelChange: () => Promise<ModelChangeStatus | undefined>;
  /** An installed model that is better than the one in use. */
  readonly betterModel: () => Promise<string | undefined>;
  readonly retiredModels: () => Promise<readonly RetiredModel[]>;
  /** Removes vectors and index tables of retired models; going back to one then embeds again. */
  readonly pruneModels: (options: { readonly signal: AbortSignal }) => Promise<PruneReport>;
}
