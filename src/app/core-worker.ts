/** `photon worker core` on this library: what core-work.ts needs, made of its parts. */
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { WaitingFile } from "../catalogue/todo-repository.ts";
import type { Clock } from "../clock.ts";
import type { Config } from "../config.ts";
import type { Logger } from "../logger.ts";
import type { ProcessApi } from "../pipeline/outcome.ts";
import type { CoreWorkOptions, FileToProcess } from "./core-work.ts";
import { createCoreWork } from "./core-work.ts";
import type { LibraryIndex } from "./library-index.ts";
import { processSettingsOf } from "./process-api.ts";

export interface CoreWorkerDeps {
  readonly config: Config;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly catalogue: () => Promise<Catalogue>;
  readonly index: LibraryIndex;
  readonly process: ProcessApi["process"];
  readonly afterRun: ProcessApi["finish"];
  /** Adds the jobs of kinds that are made by themselves. */
  readonly askAutomatic: (signal: AbortSignal) => Promise<void>;
}

const fileOf = ({ fileId, path, rootPath }: WaitingFile): FileToProcess => ({
  fileId,
  source: { displayPath: path.toString(), absolutePath: path, rootPath },
});

export const createCoreWorker = (deps: CoreWorkerDeps): ((options: CoreWorkOptions) => Promise<void>) => {
  const { config, clock, logger, catalogue, index, process, afterRun, askAutomatic } = deps;
  const settings = processSettingsOf(config);
  const options = { store: true, force: false, parallel: config.processing.parallel_workers } as const;
  return createCoreWork({
    filesToProcess: async (limit) => (await (await catalogue()).todo.toProcess(limit)).map(fileOf),
    processed: async (ids) => (await catalogue()).todo.processed(ids),
    process: (sources, signal) => process(sources, settings, { ...options, signal }),
    notifyIndex: async () => {
      if ((await (await catalogue()).index.countMarks()) > 0) index.notify();
    },
    followUp: async (signal) => {
      await index.waitUntilIndexed(() => undefined, signal);
      await afterRun({ signal });
      await askAutomatic(signal);
    },
    clock,
    logger,
  });
};
