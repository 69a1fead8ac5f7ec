/** Enrichment as `photon process --llm` sees it: jobs for the photos of one run, and what becomes of them. */
import type { Tx } from "../../catalogue/transaction.ts";
import type { DescribedPhoto } from "../../photo/patch-record.ts";
import type { RecordFailure } from "../../photo/record.ts";
import type { Forecast } from "./forecast.ts";
import type { PhotoForecastRequest } from "./forecast-photos.ts";
import type { TargetAvailability } from "./target-types.ts";

export interface PhotoEnrichmentWish {
  /** Names of kinds that photos can have; `translate` means every language of the settings. */
  readonly kinds: readonly string[];
  /** Provider or model were named for this run: it sends to nobody else. */
  readonly explicit: boolean;
  /** Ask again where there is a document. What failed before is always asked again. */
  readonly force: boolean;
  /** False: the jobs are left to other workers, nothing is waited for. */
  readonly wait: boolean;
  /** Find out what each document has cost. */
  readonly costs: boolean;
  /** Most US dollars this run may cost; unset = what the settings say. */
  readonly budgetUsd?: number | undefined;
  /** What was asked for, for people to read. */
  readonly filter: Readonly<Record<string, unknown>>;
  /** See WorkerProcessOptions. */
  readonly workerEnvironment: Readonly<Record<string, string | undefined>>;
  readonly workingDirectory: string;
  /** Ends the worker of this run; its jobs stay in the queue. */
  readonly signal: AbortSignal;
}

export type PhotoResult =
  | { readonly status: "described"; readonly photo: DescribedPhoto }
  | { readonly status: "failed"; readonly contentHash: string; readonly kind: string; readonly failure: RecordFailure }
  /** The end of following: it waits for its provider, or for another worker. */
  | { readonly status: "queued"; readonly contentHash: string; readonly kind: string };

export interface EnrichmentCounts {
  /** Photos and kinds that were followed. */
  readonly followed: number;
  /** Those that have come to an end. */
  readonly ended: number;
  /** Photos that stay on this machine, where nobody can be asked about them. */
  readonly localOnly: number;
  /** US dollars of this run's calls whose price is known. */
  readonly costUsd: number;
  /** Calls whose price is not known. */
  readonly unpricedCalls: number;
}

export interface PhotoEnrichment extends AsyncDisposable {
  readonly executionId: string;
  readonly availability: TargetAvailability;
  /** For ProcessOptions.alongside: adds the jobs of photos in the transaction that stores them. */
  readonly ask: (tx: Tx, contentHashes: readonly string[]) => Promise<void>;
  /** The record of this photo is written: what becomes of its enrichment may be told. Each content once. */
  readonly follow: (contentHash: string) => void;
  /** Everything has been asked and followed. */
  readonly close: () => void;
  /**
   * Ends when all that is followed has ended, or can only wait; then what waits is told as `queued`. Before `close` it
   * waits for more. Aborting ends it without that.
   */
  readonly results: (signal: AbortSignal) => AsyncIterable<PhotoResult>;
  readonly counts: () => Promise<EnrichmentCounts>;
  /** Why jobs that could be done are not done, one sentence part: `the provider cannot be reached`; undefined = unknown. */
  readonly obstacle: () => Promise<EnrichmentObstacle | undefined>;
}

export interface EnrichmentObstacle {
  readonly reason: "unreachable" | "RATE_LIMITED" | "AUTH" | "QUOTA" | "CONFIG" | "BUDGET" | "USER";
  /** For people, without a full stop. */
  readonly text: string;
}

export interface PhotoEnrichmentApi {
  /** Sends nothing and changes nothing. @param request absolute paths, one for each photo */
  readonly forecastPhotos: (request: PhotoForecastRequest) => Promise<Forecast>;
  /** Begins an execution. Creates the library when there is none. */
  readonly enrichPhotos: (wish: PhotoEnrichmentWish) => Promise<PhotoEnrichment>;
  /**
   * Asks the providers that would be called, before any work. Resolves when one of them answers.
   * @throws NotFoundError or CallError that says why none does
   */
  readonly requireProvider: (wish: Pick<PhotoEnrichmentWish, "kinds" | "explicit" | "signal">) => Promise<void>;
}
