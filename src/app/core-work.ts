/**
 * The work of a core worker: files that scans found, through the pipeline, in the order of their urgency; and what
 * follows from them. Live arrivals do not wait behind a backlog: few files are in hand at a time.
 */
import type { Clock } from "../clock.ts";
import { MILLISECOND } from "../clock.ts";
import { isAbort } from "../errors.ts";
import { WakeUp } from "../jobs/wake-up.ts";
import type { Logger } from "../logger.ts";
import type { PhotoSource } from "../photo/types.ts";
import type { ProcessOutcome } from "../pipeline/outcome.ts";

/** Enough for every decoder and the lane of the encoder; a new photo waits behind these. */
const MOST_IN_HAND = 32;
/** What a run remembers of folders is looked up anew by the next one. */
const MOST_PER_RUN = 2000;
const POLL_MS = 200 * MILLISECOND;

/** A file that a scan found new or changed, and whole. */
export interface FileToProcess {
  readonly fileId: number;
  readonly source: PhotoSource;
}

export interface CoreWorkOptions {
  /** Takes no more files; those begun are finished and stored. */
  readonly signal: AbortSignal;
  /** When it aborts no more files will come: ends when nothing is left. */
  readonly finish: AbortSignal;
  /** Tell of each photo in the log; failures are told anyway. Default true. */
  readonly isTelling?: boolean;
}

export interface CoreWorkDeps {
  /** The most urgent ones, of roots that are in order. */
  readonly filesToProcess: (limit: number) => Promise<readonly FileToProcess[]>;
  /** These were dealt with, whatever came of it. */
  readonly processed: (fileIds: readonly number[]) => Promise<void>;
  readonly process: (sources: AsyncIterable<PhotoSource>, signal: AbortSignal) => AsyncIterable<ProcessOutcome>;
  /** Photos of other processes are marked for the index too. */
  readonly notifyIndex: () => Promise<void>;
  /** Makes up for what photos leave to the end of runs; ends early when the signal aborts. */
  readonly followUp: (signal: AbortSignal) => Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Files of one run: taken as long as there are some, and as few at a time as keeps everybody busy. */
class FilesInHand {
  readonly #deps: CoreWorkDeps;
  readonly #signal: AbortSignal;
  readonly #wakeUp: WakeUp;
  /** By position in the run. */
  readonly #files: FileToProcess[] = [];
  readonly #inHand = new Set<number>();

  constructor(deps: CoreWorkDeps, signal: AbortSignal) {
    this.#deps = deps;
    this.#signal = signal;
    this.#wakeUp = new WakeUp(deps.clock);
  }

  async *sources(): AsyncGenerator<PhotoSource> {
    while (!this.#signal.aborted && this.#files.length < MOST_PER_RUN) {
      const files = this.#inHand.size < MOST_IN_HAND ? await this.#next() : [];
      for (const file of files) {
        this.#files.push(file);
        this.#inHand.add(file.fileId);
        yield file.source;
      }
      if (files.length > 0) continue;
      if (this.#inHand.size === 0) return;
      await this.#wakeUp.wait(POLL_MS);
    }
  }

  /** @returns the file at this position, which is out of hand now */
  async done(index: number): Promise<FileToProcess | undefined> {
    const file = this.#files[index];
    if (file === undefined) return undefined;
    await this.#deps.processed([file.fileId]);
    this.#inHand.delete(file.fileId);
    this.#wakeUp.now();
    return file;
  }

  async #next(): Promise<readonly FileToProcess[]> {
    const files = await this.#deps.filesToProcess(MOST_IN_HAND * 2); // those in hand are among them
    return files.filter(({ fileId }) => !this.#inHand.has(fileId)).slice(0, MOST_IN_HAND - this.#inHand.size);
  }
}

const tell = (
  { logger, isTelling }: CoreWorkDeps & { readonly isTelling: boolean },
  { source }: FileToProcess,
  outcome: ProcessOutcome,
): void => {
  const path = source.displayPath;
  if (outcome.status === "failed") {
    const { code, message } = outcome.failure;
    // Gone before its turn came: the scans see to it.
    if (code === "cancelled" || code === "not_found") logger.debug("A photo was left.", { path, code });
    else logger.warn("A photo could not be processed.", { event: "photo:failed", path, code, reason: message });
    return;
  }
  const [contentHash, stages] =
    outcome.status === "done" ? [outcome.photo.contentHash, outcome.ran] : [outcome.contentHash, []];
  const event = stages.length > 0 ? "photo:processed" : "photo:known";
  logger[isTelling ? "info" : "debug"]("A photo was processed.", { event, path, content_hash: contentHash, stages });
};

/** @returns how many files were dealt with */
const runOnce = async (deps: CoreWorkDeps, signal: AbortSignal, isTelling: boolean): Promise<number> => {
  const files = new FilesInHand(deps, signal);
  let count = 0;
  for await (const outcome of deps.process(files.sources(), signal)) {
    const file = await files.done(outcome.index);
    if (file === undefined) continue;
    tell({ ...deps, isTelling }, file, outcome);
    count += 1;
  }
  return count;
};

/** One at a time, beside the work: a new photo does not wait for what others leave behind. */
class FollowUps {
  readonly #deps: CoreWorkDeps;
  readonly #signal: AbortSignal;
  #running: Promise<void> | undefined;
  /** An earlier worker may have been killed. */
  #isWanted = true;

  constructor(deps: CoreWorkDeps, signal: AbortSignal) {
    this.#deps = deps;
    this.#signal = signal;
  }

  want(): void {
    this.#isWanted = true;
  }

  start(): void {
    if (!this.#isWanted || this.#signal.aborted) return;
    this.#running ??= this.#run().finally(() => (this.#running = undefined));
  }

  get isAtRest(): boolean {
    return !this.#isWanted && this.#running === undefined;
  }

  async settled(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    const { logger, followUp } = this.#deps;
    this.#isWanted = false;
    try {
      await followUp(this.#signal);
    } catch (error) {
      if (isAbort(error) || this.#signal.aborted) return;
      logger.warn("What follows from new photos failed; photos go on.", { error: String(error) });
    }
  }
}

export const createCoreWork =
  (deps: CoreWorkDeps) =>
  async ({ signal, finish, isTelling = true }: CoreWorkOptions): Promise<void> => {
    const followUps = new FollowUps(deps, signal);
    while (!signal.aborted) {
      await deps.notifyIndex();
      const count = await runOnce(deps, signal, isTelling);
      if (count > 0) followUps.want();
      followUps.start();
      if (count > 0) continue;
      if (finish.aborted && followUps.isAtRest) break;
      await deps.clock.sleep(POLL_MS, signal).catch(() => undefined); // the end: seen in the next line
    }
    await followUps.settled();
  };
