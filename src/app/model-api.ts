/** What is asked of models on disk: fetch, add, check, remove. */
import type { InstallOutcome, InstallProgress } from "../../models/embedding/download/install-model.ts";
import type { JudgeReport } from "../../models/embedding/download/judge-model.ts";
import type { ModelVariant } from "../../models/embedding/manifest.ts";
import type { Environment } from "../config.ts";

export interface DownloadRequest {
  /** Unset = the default precision of the model. */
  readonly precision?: ModelVariant | undefined;
  /** Folder that holds the files; nothing goes over the network then, unless the model is not pinned. */
  readonly from?: string | undefined;
  /** Mirrors in order of preference; empty = `models.base_url`. */
  readonly baseUrls: readonly string[];
}

export interface OfferedFile {
  /** Relative to the model's folder. */
  readonly path: string;
  /** Undefined when nobody knows before it is here. */
  readonly bytes: number | undefined;
  readonly sha256: string | undefined;
  readonly blake3: string | undefined;
  /** Where it can be fetched, best first. */
  readonly urls: readonly string[];
}

export interface InstallWatch {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: InstallProgress) => void;
  /** One sentence: what is waited for, what is tried again and why. */
  readonly onNote: (message: string) => void;
}

/** A download that is ready to start; nothing was written yet. */
export interface DownloadOffer {
  readonly id: string;
  readonly variant: ModelVariant;
  readonly repo: string;
  readonly revision: string;
  /** Of the weights; `not stated` when the repository says nothing. */
  readonly licence: string;
  /** Model the weights come from. */
  readonly source: string;
  /** True when photon knew every byte beforehand. */
  readonly pinned: boolean;
  readonly addedByUser: boolean;
  readonly installed: boolean;
  /** Servers that will be asked, or the folder that is copied from. */
  readonly from: readonly string[];
  /** Absolute folder the model gets. */
  readonly directory: string;
  readonly files: readonly OfferedFile[];
  readonly totalBytes: number;
  /** Not yet here. */
  readonly remainingBytes: number;
  /** @throws DownloadError, StorageError; what arrived stays, and the next download continues it */
  readonly start: (watch: InstallWatch) => Promise<InstallOutcome>;
}

export interface NetworkAccess {
  /** For proxies and tokens. */
  readonly environment: Environment;
  readonly signal: AbortSignal;
}

export interface VerifiedModel {
  readonly id: string;
  readonly variant: string | undefined;
  readonly directory: string;
  readonly ok: boolean;
  /** Full sentences. */
  readonly problems: readonly string[];
  /** Files that were wrong and now end in `.bad`. */
  readonly setAside: readonly string[];
  /** Of the self-test; empty when it was not asked for. */
  readonly checks: JudgeReport["checks"];
  readonly millisecondsPerImage: number | undefined;
}

export interface VerifyRequest {
  /** Unset = every installed model. */
  readonly id?: string | undefined;
  /** Runs the self-test too. */
  readonly deep: boolean;
  readonly signal: AbortSignal;
  /** Called before each model. */
  readonly onModel: (id: string) => void;
}

export interface RemoveAccess {
  readonly signal: AbortSignal;
  /** What is waited for. */
  readonly onNote: (message: string) => void;
}

export interface RemovedModel {
  readonly directory: string;
  readonly bytes: number;
}

/** Models as files; which one a library uses is another question. */
export interface ModelApi {
  /** @throws NotFoundError for an unknown id, DownloadError when an unpinned model cannot be looked up */
  readonly offerDownload: (id: string, request: DownloadRequest, access: NetworkAccess) => Promise<DownloadOffer>;
  /** Any export of CLIP or SigLIP kind. @throws InvalidInputError when photon cannot run it */
  readonly offerExport: (repo: string, request: DownloadRequest, access: NetworkAccess) => Promise<DownloadOffer>;
  /** Hashes every file of installed models; a wrong one is renamed to `<name>.bad`. */
  readonly verifyModels: (request: VerifyRequest) => Promise<readonly VerifiedModel[]>;
  /** @param precision unset = every precision. @throws InvalidInputError for the model the library uses */
  readonly removeModel: (
    id: string,
    precision: ModelVariant | undefined,
    access: RemoveAccess,
  ) => Promise<readonly RemovedModel[]>;
}
