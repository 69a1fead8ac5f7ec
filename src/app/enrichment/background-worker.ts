/**
 * The enrichment worker of a process that answers others: a child, started when there is something to do, gone when
 * nothing is left that can be done soon.
 */
import type { Logger } from "../../logger.ts";
import type { WorkerProcess, WorkerProcessOptions } from "./worker-process.ts";
import { startEnrichmentWorker } from "./worker-process.ts";

export interface BackgroundWorkerDeps {
  /** undefined = nothing is done in the background; the jobs wait for others. */
  readonly worker: Omit<WorkerProcessOptions, "signal" | "onLog"> | undefined;
  readonly logger: Logger;
}

export interface BackgroundWorkerApi {
  /** There may be jobs to do. */
  readonly wakeEnrichment: () => void;
}

export class BackgroundWorker implements BackgroundWorkerApi, AsyncDisposable {
  readonly #deps: BackgroundWorkerDeps;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;
  #isWanted = false;

  constructor(deps: BackgroundWorkerDeps) {
    this.#deps = deps;
  }

  readonly wakeEnrichment = (): void => {
    if (this.#deps.worker === undefined || this.#stop.signal.aborted) return;
    this.#isWanted = true;
    this.#running ??= this.#run().finally(() => (this.#running = undefined));
  };

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#isWanted && !this.#stop.signal.aborted) {
      this.#isWanted = false;
      const worker = this.#start();
      if (worker === undefined) return;
      const { exitCode } = await worker.finish();
      if (exitCode !== 0 && !this.#stop.signal.aborted)
        this.#deps.logger.warn("The enrichment worker ended unexpectedly; its jobs stay in the queue.", { exitCode });
    }
  }

  #start(): WorkerProcess | undefined {
    const { worker, logger } = this.#deps;
    if (worker === undefined) return undefined;
    const onLog = (line: string): void => logger.debug(`enrichment worker: ${line}`);
    return startEnrichmentWorker({ ...worker, signal: this.#stop.signal, onLog });
  }
}
