/**
 * Files processed in the background for somebody who does not wait: a job of the catalogue, worked on by one process at a
 * time. A process that ends leaves its jobs to others; what was done is not done again.
 */
import { realpath, stat } from "node:fs/promises";
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { ProcessJobCounts, ProcessJobInput, StoredProcessJob } from "../catalogue/process-job-repository.ts";
import type { Clock } from "../clock.ts";
import { MILLISECOND, SECOND } from "../clock.ts";
import type { Config } from "../config.ts";
import { isAbort } from "../errors.ts";
import { discover, isProblem } from "../library/discover.ts";
import type { Logger } from "../logger.ts";
import { parentOf } from "../photo/path-bytes.ts";
import type { PhotoSource } from "../photo/types.ts";
import type { ProcessApi } from "../pipeline/outcome.ts";
import type { RequestEnrichmentApi } from "./enrichment/request-enrichment.ts";
import { processSettingsOf } from "./process-api.ts";

const NOTE_MS = 500 * MILLISECOND;
const LOOK_MS = SECOND;
/** More are counted, not named. */
const MOST_IDS = 50;
const MOST_ERRORS = 20;
const ID_DIGITS = 12;

export interface ProcessJobError {
  /** Below its root, as it was found. */
  readonly path: string;
  readonly code: string;
  readonly message: string;
}

export interface ProcessJobResult {
  /** Ids of photos that are new or changed, the first ones. */
  readonly ids: readonly string[];
  /** The first ones. */
  readonly errors: readonly ProcessJobError[];
  /** Descriptions that were queued. */
  readonly describing: number;
  /** Descriptions that a person has to agree to first. */
  readonly unconfirmed: number;
}

export interface ProcessJobsApi {
  readonly startProcessJob: (input: ProcessJobInput) => Promise<string>;
  readonly processJob: (jobId: string) => Promise<StoredProcessJob | undefined>;
  /** Resolves when the job has ended, wherever it is worked on. @param onCounts called with news */
  readonly awaitProcessJob: (
    jobId: string,
    options: { readonly signal: AbortSignal; readonly onCounts?: (counts: ProcessJobCounts) => void },
  ) => Promise<StoredProcessJob | undefined>;
  readonly cancelProcessJob: (jobId: string) => Promise<boolean>;
}

export interface ProcessJobsDeps {
  readonly config: Config;
  readonly catalogue: () => Promise<Catalogue>;
  readonly process: ProcessApi["process"];
  readonly finish: ProcessApi["finish"];
  readonly waitUntilIndexed: ProcessApi["waitUntilIndexed"];
  readonly clock: Clock;
  readonly logger: Logger;
  /** Descriptions of photos of a job that wants them. */
  readonly describeNew: RequestEnrichmentApi["describeNew"];
}

interface Running {
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

const isIn = (folder: string, { absolutePath }: PhotoSource): boolean =>
  parentOf(absolutePath).equals(Buffer.from(folder));

async function* sourcesOf(
  { config }: ProcessJobsDeps,
  { paths, recursive }: ProcessJobInput,
  { addedRoots, signal, onProblem }: SourceOptions,
): AsyncGenerator<PhotoSource> {
  const dataFolder = await realpath(config.general.data_dir, "buffer").catch(() => undefined); // not there yet
  for (const path of paths) {
    const isFolder = (await stat(path).catch(() => undefined))?.isDirectory() === true; // gone: discover says so
    const found = discover([path], {
      extensions: config.processing.supported_formats,
      addedRoots,
      excludedFolders: dataFolder === undefined ? [] : [dataFolder],
      exclude: config.watch.exclude,
      hidden: config.watch.hidden,
      signal,
    });
    for await (const one of found) {
      if (isProblem(one)) onProblem({ path: one.displayPath, ...one.failure });
      else if (recursive || !isFolder || isIn(path, one)) yield one;
    }
  }
}

interface SourceOptions {
  readonly addedRoots: readonly Buffer[];
  readonly signal: AbortSignal;
  readonly onProblem: (error: ProcessJobError) => void;
}

/** One run over the files of a job. */
const work = async (
  deps: ProcessJobsDeps,
  { jobId, input }: Pick<StoredProcessJob, "jobId" | "input">,
  signal: AbortSignal,
): Promise<void> => {
  const { processJobs, roots } = await deps.catalogue();
  const [ids, described] = [new Set<string>(), new Set<string>()];
  const errors: ProcessJobError[] = [];
  const tally = { done: 0, queued: 0, skipped: 0, failed: 0 };
  const fail = (error: ProcessJobError): void => {
    tally.failed += 1;
    if (errors.length < MOST_ERRORS) errors.push(error);
  };
  const addedRoots = (await roots.list()).filter(({ kind }) => kind === "added").map(({ path }) => path);
  async function* counted(): AsyncGenerator<PhotoSource> {
    for await (const source of sourcesOf(deps, input, { addedRoots, signal, onProblem: fail })) {
      tally.queued += 1;
      yield source;
    }
  }
  const parallel = deps.config.processing.parallel_workers;
  const options = { store: true, force: input.force, parallel, signal } as const;
  let notedAt = deps.clock.now();
  for await (const outcome of deps.process(counted(), processSettingsOf(deps.config), options)) {
    tally.queued -= 1;
    if (outcome.status === "failed") fail({ path: outcome.source.displayPath, ...outcome.failure });
    else if (outcome.status === "unchanged" || outcome.reused) tally.skipped += 1;
    else tally.done += 1;
    if (outcome.status === "done") {
      described.add(outcome.photo.contentHash);
      if (ids.size < MOST_IDS) ids.add(outcome.photo.contentHash.slice(0, ID_DIGITS));
    }
    if (deps.clock.now() - notedAt < NOTE_MS) continue;
    notedAt = deps.clock.now();
    await processJobs.note(jobId, tally);
  }
  signal.throwIfAborted();
  await deps.finish({ signal });
  await deps.waitUntilIndexed(() => undefined, signal);
  const { queued: describing, unconfirmed } = await deps.describeNew(input.enrich ? [...described] : []);
  const result: ProcessJobResult = { ids: [...ids], errors, describing, unconfirmed };
  await processJobs.finish(jobId, tally, result);
};

export class ProcessJobs implements ProcessJobsApi, AsyncDisposable {
  readonly #deps: ProcessJobsDeps;
  readonly #running = new Map<string, Running>();

  constructor(deps: ProcessJobsDeps) {
    this.#deps = deps;
  }

  readonly startProcessJob = async (input: ProcessJobInput): Promise<string> => {
    const jobId = await (await this.#deps.catalogue()).processJobs.start(input);
    this.#begin({ jobId, input });
    return jobId;
  };

  readonly processJob = async (jobId: string): Promise<StoredProcessJob | undefined> =>
    (await this.#deps.catalogue()).processJobs.get(jobId);

  readonly awaitProcessJob: ProcessJobsApi["awaitProcessJob"] = async (jobId, { signal, onCounts }) => {
    for (;;) {
      const job = await this.processJob(jobId);
      if (job !== undefined) onCounts?.(job.counts);
      if (job?.state !== "RUNNING" || signal.aborted) return job;
      await this.#deps.clock.sleep(NOTE_MS / 2, signal).catch(() => undefined); // the next round returns
    }
  };

  readonly cancelProcessJob = async (jobId: string): Promise<boolean> => {
    const cancelled = await (await this.#deps.catalogue()).processJobs.cancel(jobId);
    this.#running.get(jobId)?.stop.abort();
    return cancelled;
  };

  /** Goes on with jobs whose process has ended. @returns how many */
  readonly resumeProcessJobs = async (): Promise<number> => {
    const jobs = await (await this.#deps.catalogue()).processJobs.takeOver();
    const left = jobs.filter(({ jobId }) => !this.#running.has(jobId));
    for (const job of left) this.#begin(job);
    return left.length;
  };

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#running.size === 0) return;
    const ids = [...this.#running.keys()];
    for (const { stop } of this.#running.values()) stop.abort();
    await Promise.all([...this.#running.values()].map(({ done }) => done));
    await (await this.#deps.catalogue()).processJobs.release(ids);
  }

  #begin(job: Pick<StoredProcessJob, "jobId" | "input">): void {
    const stop = new AbortController();
    const done = this.#work(job, stop).finally(() => this.#running.delete(job.jobId));
    this.#running.set(job.jobId, { stop, done });
  }

  async #work(job: Pick<StoredProcessJob, "jobId" | "input">, stop: AbortController): Promise<void> {
    const watching = new AbortController();
    const watched = this.#watch(job.jobId, stop, watching.signal);
    try {
      await work(this.#deps, job, stop.signal);
    } catch (error) {
      if (!isAbort(error) && !stop.signal.aborted) await this.#fail(job.jobId, error);
    } finally {
      watching.abort();
      await watched;
    }
  }

  /** Another process may have cancelled it. */
  async #watch(jobId: string, stop: AbortController, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#deps.clock.sleep(LOOK_MS, signal).catch(() => undefined); // seen in the next line
      if (!signal.aborted && (await this.processJob(jobId))?.state === "CANCELLED") stop.abort();
    }
  }

  async #fail(jobId: string, error: unknown): Promise<void> {
    this.#deps.logger.warn("Processing failed.", { event: "job:failed", job: jobId, error: String(error) });
    const { processJobs } = await this.#deps.catalogue();
    const counts = (await processJobs.get(jobId))?.counts ?? { done: 0, queued: 0, skipped: 0, failed: 0 };
    const message = "Processing ended early because of an error in photon or on its disk; what was done is kept.";
    await processJobs.finish(jobId, counts, {
      ids: [],
      errors: [{ path: "", code: "internal", message }],
      describing: 0,
      unconfirmed: 0,
    } satisfies ProcessJobResult);
  }
}
