/** What the administrative commands ask of a library. Types only; the composition root provides it. */
import type { ModelFigure } from "../../models/embedding/model-figures.ts";
import type { PhotoFailureCode } from "../errors.ts";
import type { VectorIndexStatus } from "../vectors/types.ts";
import type { WatchStatus } from "./watch-status.ts";

/** The model whose vectors this library searches. */
export interface ActiveModel {
  readonly modelId: string;
  readonly vectorKey: string;
  readonly dimension: number;
  /** The one that comes with photon; better ones can be installed. */
  readonly basic: boolean;
  /** Photos with a vector under this key. */
  readonly vectors: number;
}

interface RootStatus {
  /** Absolute path as text. */
  readonly path: string;
  /** added: by config or command. visited: met by `process`. */
  readonly kind: "added" | "visited";
  readonly files: number;
}

/** Counts that are cheap to ask for again and again. */
export interface LibraryOverview {
  readonly schemaVersion: number;
  /** Distinct photos (content hashes) that have a present file. */
  readonly photos: number;
  /** Present files; copies of one photo count each. */
  readonly files: number;
  /** Files by state, e.g. `present`, `quarantined`, `missing`, `pending`; states without files are left out. */
  readonly filesByState: Readonly<Record<string, number>>;
  readonly forgotten: number;
  readonly roots: readonly RootStatus[];
  /** undefined until the first write resolved `embedding.model`, and while no model is installed. */
  readonly model: ActiveModel | undefined;
  /** Watched folders and the work that waits. */
  readonly watching: WatchStatus;
  readonly pending: {
    /** Files known but not processed. */
    readonly files: number;
    /** Photos whose index row is out of date. */
    readonly index: number;
  };
}

export interface LibraryStatus extends LibraryOverview {
  readonly dataDirectory: string;
  /** Bytes on disk. */
  readonly bytes: {
    readonly catalogue: number;
    readonly vectors: number;
    readonly renditions: number;
    readonly models: number;
  };
}

export interface IndexReport {
  readonly tables: readonly (VectorIndexStatus & { readonly active: boolean })[];
  /** Photos the catalogue wants indexed under the active key. */
  readonly photosInCatalogue: number;
  /** Photos whose index row is out of date. */
  readonly pending: number;
  /** Process that holds the committer role, `host:pid`; undefined when it is free. */
  readonly committer: string | undefined;
}

export interface IndexRebuildProgress {
  readonly done: number;
  readonly total: number;
}

export interface QuarantineEntry {
  /** Absolute path; bytes that are no UTF-8 are shown as U+FFFD. */
  readonly path: string;
  /** Short id; undefined when the file could not be hashed. */
  readonly id: string | undefined;
  readonly code: PhotoFailureCode;
  readonly message: string;
  readonly stage: string | undefined;
  readonly tries: number;
  /** Milliseconds UTC. */
  readonly since: number;
}

export interface QuarantineRetry {
  readonly tried: number;
  readonly recovered: number;
  readonly failed: readonly QuarantineEntry[];
}

/** What `forget` would do, or has done. */
export interface ForgetPlan {
  readonly photos: readonly {
    readonly id: string;
    readonly contentHash: string;
    /** Absolute paths of the files of this photo; they are not touched. */
    readonly paths: readonly string[];
  }[];
  readonly files: number;
  readonly vectors: number;
  readonly tags: number;
}

/** Result of checking the catalogue file itself; used by doctor. */
export interface CatalogueHealth {
  readonly path: string;
  /** False when no library has been made yet. */
  readonly exists: boolean;
  readonly schemaVersion: number;
  /** The schema this photon writes. */
  readonly expectedSchemaVersion: number;
  /** Findings of SQLite's `quick_check` and `foreign_key_check`; empty = healthy. */
  readonly problems: readonly string[];
}

/** One model photon knows or has found on disk. */
export interface ModelListing {
  readonly id: string;
  readonly state: "built-in" | "verified" | "unverified" | "partial" | "damaged" | "not installed";
  /** undefined when the first download decides it, or its manifest cannot be read. */
  readonly revision: string | undefined;
  readonly variant: string | undefined;
  /** Absolute folder; undefined when it is not installed. */
  readonly directory: string | undefined;
  /** Of all its files; of one that is not installed what is known of the download. */
  readonly bytes: number;
  /** Of the weights. */
  readonly licence: string | undefined;
  /** BCP-47 tags of the languages it understands well. */
  readonly languages: readonly string[];
  /** What it is worth, as published; empty when nothing is known. */
  readonly figures: readonly ModelFigure[];
  /** This library searches its vectors. */
  readonly active: boolean;
  readonly basic: boolean;
  /** From a repository the user named; photon did not know it beforehand. */
  readonly addedByUser?: boolean;
  /** Its first download decides sizes, hashes or constants that photon does not know beforehand. */
  readonly pinnedAtDownload?: boolean;
  /** Why it cannot be used, a full sentence. */
  readonly problem: string | undefined;
}

export interface AdministrationApi {
  readonly status: () => Promise<LibraryStatus>;
  /** The same without looking at the disk. */
  readonly overview: () => Promise<LibraryOverview>;
  /** Processes that hold a role now, `host:pid`; roles nobody holds are left out. */
  readonly roleHolders: (roles: readonly string[]) => Promise<Readonly<Record<string, string>>>;
  /** The part of it about watched folders and waiting work: a few queries. */
  readonly watchStatus: () => Promise<WatchStatus>;
  /** Opens nothing for writing and creates no library. */
  readonly checkCatalogue: () => Promise<CatalogueHealth>;
  readonly indexReport: () => Promise<IndexReport>;
  /** Drops the tables and writes them again from the catalogue; takes the committer role. */
  readonly rebuildIndex: (options: {
    readonly signal: AbortSignal;
    readonly onProgress?: (progress: IndexRebuildProgress) => void;
  }) => Promise<IndexReport>;
  /** Newest first. @param limit unset = all of them */
  readonly quarantined: (limit?: number) => Promise<readonly QuarantineEntry[]>;
  /** `paths` empty = all of them. NotFoundError for a path that is not quarantined. */
  readonly retryQuarantined: (
    paths: readonly string[],
    options: { readonly signal: AbortSignal },
  ) => Promise<QuarantineRetry>;
  /** `targets` are ids, hashes, files or folders. NotFoundError names the first that is unknown. */
  readonly planForget: (targets: readonly string[]) => Promise<ForgetPlan>;
  /** The same for photos whose files have been missing for longer than `watch.tombstone_days`. */
  readonly planForgetMissing: () => Promise<ForgetPlan>;
  /** Removes what the plan names and leaves `forgotten` rows. */
  readonly forget: (plan: ForgetPlan) => Promise<void>;
  /** In order of preference; creates no library. */
  readonly listModels: () => Promise<readonly ModelListing[]>;
  /** Lifts `forgotten` rows by id or hash; returns how many. The photos come back with the next `process`. */
  readonly undoForget: (targets: readonly string[]) => Promise<number>;
}
