/**
 * One run over a stream of sources:
 *
 *   sources ─▶ intake (look up, claim) ─▶ queue ─▶ workers (decode slots, encoder lane) ─▶ storage ─▶ outcomes
 *
 * Every arrow is a bounded channel, so memory does not grow with the number of photos. Aborting stops the intake;
 * what was started is finished and reported, what only waited is released.
 */
import type { FileClaim } from "../catalogue/file-repository.ts";
import { FILE_HEARTBEAT_MS } from "../catalogue/file-repository.ts";
import { MILLISECOND } from "../clock.ts";
import { isAbort } from "../errors.ts";
import type { PhotoSource } from "../photo/types.ts";
import { Channel } from "./channel.ts";
import { rulesKey } from "./failure-rules.ts";
import type { IndexedSource, Intake } from "./intake.ts";
import { createIntake } from "./intake.ts";
import { Occupancy } from "./occupancy.ts";
import { OrderGate } from "./order-gate.ts";
import type { ProcessOptions, ProcessOutcome, ProcessPhotos } from "./outcome.ts";
import type { PhotoWork, WorkItem, WorkResult } from "./photo-work.ts";
import { createPhotoWork } from "./photo-work.ts";
import type { PipelineDeps } from "./pipeline-deps.ts";
import { endsTheRun, failureOf } from "./run-stages.ts";
import type { Finished, StorageOptions } from "./run-storage.ts";
import { outcomeOf, storeFinished } from "./run-storage.ts";
import { createSidecarFiles } from "./sidecar-files.ts";

/** Sources looked up in one go. */
const LOOKUP_BATCH = 256;
/** Photos that may wait for an encoder host while others are decoded: two runs of four for each of two hosts, less one. */
const ENCODER_LANE = 12;
const HELD_POLL_MS = 250 * MILLISECOND;

class PipelineRun {
  readonly #deps: PipelineDeps;
  readonly #options: ProcessOptions;
  readonly #intake: Intake | undefined;
  readonly #work: PhotoWork;
  readonly #occupancy: Occupancy;
  readonly #gate: OrderGate;
  readonly #sources = new Channel<IndexedSource>(LOOKUP_BATCH);
  readonly #queue: Channel<WorkItem>;
  readonly #finished: Channel<Finished>;
  readonly #outcomes: Channel<ProcessOutcome>;
  readonly #stop = new AbortController();
  readonly #storage: StorageOptions;
  #held: IndexedSource[] = [];
  /** Claims of files that are not stored yet, by file. */
  readonly #claims = new Map<number, FileClaim>();
  /** Queued files that are to be decoded alone; each may still turn out to be held. */
  #suspects = 0;
  #failure: { readonly error: unknown } | undefined;

  constructor(deps: PipelineDeps, options: ProcessOptions) {
    const sidecars = createSidecarFiles();
    this.#deps = deps;
    this.#options = options;
    this.#occupancy = new Occupancy(options.parallel);
    this.#gate = new OrderGate(options.orderWindow);
    this.#queue = new Channel(deps.bufferSize);
    this.#finished = new Channel(deps.commitBatch * 2);
    this.#outcomes = new Channel(deps.commitBatch * 2);
    const { alongside } = options;
    this.#storage = {
      reasonKey: rulesKey(deps.stages, deps.context),
      ...(alongside === undefined ? {} : { alongside }),
    };
    this.#work = createPhotoWork(deps, options, this.#occupancy, sidecars);
    this.#intake = deps.library === undefined ? undefined : createIntake(deps, deps.library, options, sidecars);
  }

  async *outcomes(sources: AsyncIterable<PhotoSource>): AsyncIterable<ProcessOutcome> {
    const onAbort = (): void => {
      this.#stop.abort();
      this.#sources.close();
    };
    if (this.#options.signal.aborted) onAbort();
    this.#options.signal.addEventListener("abort", onAbort, { once: true });
    const heartbeat = setInterval(() => void this.#beat(), FILE_HEARTBEAT_MS);
    heartbeat.unref();
    const done = this.#runAll(sources);
    try {
      for (;;) {
        const ready = await this.#outcomes.take(1);
        const outcome = ready[0];
        if (outcome === undefined) break;
        this.#gate.report(outcome.index);
        yield outcome;
      }
    } finally {
      this.#stop.abort();
      this.#sources.close();
      this.#outcomes.close();
      await done;
      clearInterval(heartbeat);
      this.#options.signal.removeEventListener("abort", onAbort);
    }
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  async #runAll(sources: AsyncIterable<PhotoSource>): Promise<void> {
    const workers = Array.from({ length: this.#workerCount() }, () => this.#guard(() => this.#workLoop()));
    const storing = this.#guard(() => this.#storeLoop()).finally(() => this.#finished.close());
    const pumping = this.#guard(() => this.#pump(sources)).finally(() => this.#sources.close());
    await this.#guard(() => this.#intakeLoop());
    await this.#guard(() => this.#heldLoop());
    this.#queue.close();
    await Promise.all(workers);
    this.#finished.close();
    await storing;
    await pumping;
    await this.#guard(() => this.#leave());
    this.#outcomes.close();
  }

  /** After an error some claims are left; another run of this process would keep them alive and wait for them. */
  async #leave(): Promise<void> {
    await this.#release([...this.#claims.values()]);
    await this.#deps.library?.catalogue.files.releaseDead();
  }

  #workerCount(): number {
    return this.#options.parallel + (this.#deps.context.encoder === undefined ? 0 : ENCODER_LANE);
  }

  /** The first error ends the run: everything unwinds, and the consumer gets it. */
  async #guard(part: () => Promise<void>): Promise<void> {
    try {
      await part();
    } catch (error) {
      const wasStopped = isAbort(error) && this.#stop.signal.aborted;
      if (!wasStopped) this.#failure ??= { error };
      this.#stop.abort();
      this.#sources.close();
      await this.#releaseQueue();
      if (!wasStopped) this.#finished.close(); // else what was started is still stored and reported
    }
  }

  async #pump(sources: AsyncIterable<PhotoSource>): Promise<void> {
    let index = 0;
    for await (const source of sources) {
      if (this.#stop.signal.aborted) return;
      if (!(await this.#sources.put({ index, source }))) return;
      index += 1;
    }
  }

  async #intakeLoop(): Promise<void> {
    await this.#deps.library?.catalogue.files.releaseDead();
    for (;;) {
      const batch = await this.#sources.take(this.#gate.batchLimit(LOOKUP_BATCH));
      const last = batch.at(-1);
      if (last === undefined || this.#stop.signal.aborted) return;
      await this.#gate.admit(last.index, () => this.#settle(this.#held.splice(0)), this.#stop.signal);
      await this.#settle(batch);
    }
  }

  /** Files that other processes hold are asked for again until they are free or done. */
  async #heldLoop(): Promise<void> {
    while (this.#held.length + this.#suspects > 0 && !this.#stop.signal.aborted) {
      await this.#deps.clock.sleep(HELD_POLL_MS, this.#stop.signal);
      await this.#settle(this.#held.splice(0));
    }
  }

  async #settle(sources: readonly IndexedSource[]): Promise<void> {
    if (sources.length === 0) return;
    if (this.#intake === undefined) {
      for (const { index, source } of sources)
        await this.#enqueue({ index, source, stat: undefined, claim: undefined });
      return;
    }
    for await (const settled of this.#intake.settle(sources)) {
      if ("item" in settled) this.#keep(settled.item.claim);
      if (settled.kind === "held") this.#held.push(settled.source);
      else if (settled.kind === "work") await this.#enqueue(settled.item);
      else if (settled.kind === "outcome") await this.#finished.put({ kind: "known", outcome: settled.outcome });
      else await this.#finished.put({ kind: "failed", item: settled.item, failure: settled.failure });
    }
  }

  async #enqueue(item: WorkItem): Promise<void> {
    if (item.claim?.isSuspect === true) this.#suspects += 1;
    if (this.#stop.signal.aborted || !(await this.#queue.put(item))) await this.#releaseItems([item]);
  }

  #keep(claim: FileClaim | undefined): void {
    if (claim !== undefined) this.#claims.set(claim.fileId, claim);
  }

  async #workLoop(): Promise<void> {
    for (;;) {
      const [item] = await this.#queue.take(1);
      if (item === undefined) return;
      if (this.#stop.signal.aborted) await this.#releaseItems([item]);
      else if (item.claim?.isSuspect === true) await this.#workOnSuspect(item, item.claim);
      else await this.#occupancy.together(() => this.#workOn(item));
    }
  }

  async #workOn(item: WorkItem): Promise<void> {
    await this.#attempt(item, async () => this.#finish(item, await this.#work.start(item)));
  }

  /** Decodes with nobody else at work, so that a crash tells which file it was; the encoder is another process. */
  async #workOnSuspect(item: WorkItem, claim: FileClaim): Promise<void> {
    const files = this.#deps.library?.catalogue.files;
    let current = item;
    const finish = await this.#occupancy.alone(async () => {
      const alone = await files?.workAlone(claim);
      if (alone === undefined) this.#held.push(item); // the lease went to another process
      this.#suspects -= 1;
      if (alone === undefined) return undefined;
      this.#keep(alone);
      current = { ...item, claim: alone };
      return this.#attempt(current, async () => {
        const started = await this.#work.start(current);
        current = { ...item, claim: (await files?.workTogether(alone)) ?? alone };
        this.#keep(current.claim);
        return started;
      });
    });
    if (finish !== undefined) await this.#attempt(current, () => this.#finish(current, finish));
  }

  async #finish(item: WorkItem, finish: () => Promise<WorkResult>): Promise<void> {
    await this.#finished.put({ kind: "worked", item, result: await finish() });
  }

  /** undefined after a failure, which is then the photo's outcome. */
  async #attempt<Result>(item: WorkItem, work: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await work();
    } catch (error) {
      if (endsTheRun(error)) throw error;
      this.#deps.logger.debug("photo failed", { path: item.source.displayPath, error: String(error) });
      await this.#finished.put({ kind: "failed", item, failure: failureOf(error) });
      return undefined;
    }
  }

  async #storeLoop(): Promise<void> {
    for (;;) {
      const batch = await this.#finished.take(this.#deps.commitBatch);
      if (batch.length === 0) return;
      if (this.#deps.library !== undefined) await storeFinished(this.#deps.library, batch, this.#storage);
      for (const finished of batch) {
        if (finished.kind === "worked") this.#work.stored(finished.result.contentHash);
        if (finished.kind !== "known") this.#claims.delete(finished.item.claim?.fileId ?? 0);
        await this.#outcomes.put(outcomeOf(finished));
      }
    }
  }

  async #releaseQueue(): Promise<void> {
    await this.#releaseItems(this.#queue.drain());
  }

  #releaseItems(items: readonly WorkItem[]): Promise<void> {
    return this.#release(items.flatMap(({ claim }) => (claim === undefined ? [] : [claim])));
  }

  async #release(claims: readonly FileClaim[]): Promise<void> {
    if (claims.length === 0) return;
    try {
      await this.#deps.library?.catalogue.files.release(claims);
      for (const { fileId } of claims) this.#claims.delete(fileId);
    } catch (error) {
      // The leases run out by themselves; what ended the run is the error that counts.
      this.#deps.logger.debug("leases could not be released", { error: String(error) });
    }
  }

  async #beat(): Promise<void> {
    try {
      await this.#deps.library?.catalogue.files.heartbeat();
    } catch (error) {
      this.#deps.logger.debug("heartbeat failed", { error: String(error) });
    }
  }
}

export const createProcessPhotos =
  (deps: PipelineDeps): ProcessPhotos =>
  (sources, options) =>
    new PipelineRun(deps, options).outcomes(sources);
