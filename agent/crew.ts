/** The workers of the agent and who gives them work: one process of a library has these, whoever watches its roots. */
import type { WorkerProcess } from "../src/app/enrichment/worker-process.ts";
import { startWorkerProcess } from "../src/app/enrichment/worker-process.ts";
import type { ScanningApi } from "../src/app/scanning.ts";
import type { Catalogue } from "../src/catalogue/catalogue.ts";
import type { Clock } from "../src/clock.ts";
import { SECOND } from "../src/clock.ts";
import type { Config } from "../src/config.ts";
import type { Logger } from "../src/logger.ts";
import { createPauses } from "./pauses.ts";
import { Settler } from "./settler.ts";
import { Supervisor } from "./supervisor.ts";
import type { PhotoNews } from "./worker-log.ts";
import { createWorkerLog } from "./worker-log.ts";
import { WorkerSlot } from "./worker-slot.ts";
import type { CoreWork } from "./work-to-do.ts";
import { createCoreWork, createEnrichmentWork } from "./work-to-do.ts";

const LINGER_MS = 60 * SECOND;
/** A worker that is there when a file has come to rest needs no second to start. */
const AHEAD_MS = 10 * SECOND;

const WORKER_WORDS = {
  core: ["worker", "core", "--follow"],
  enrichment: ["worker", "enrichment", "--agent"],
} as const;

export interface CrewDeps {
  readonly config: Config;
  readonly catalogue: Catalogue;
  readonly scanning: ScanningApi;
  readonly clock: Clock;
  readonly logger: Logger;
  /** All that decides the settings of workers. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly workingDirectory: string;
  /** No folder waits for a scan. */
  readonly isQuiet: () => boolean;
  readonly onPhoto: (news: PhotoNews) => void;
}

export interface Crew {
  readonly supervisor: Supervisor;
  readonly settler: Settler;
  readonly coreWork: CoreWork;
}

type WorkerName = keyof typeof WORKER_WORDS;

export const createCrew = (deps: CrewDeps): Crew => {
  const { config, catalogue, scanning, clock, logger, workingDirectory } = deps;
  const { todo, agent } = catalogue;
  const onPhoto = (news: PhotoNews): void => {
    supervisor.noteProgress();
    deps.onPhoto(news);
  };
  const environment = { ...deps.environment, PHOTON_LOGGING_FORMAT: "json" };
  const start = (worker: WorkerName, signal: AbortSignal): WorkerProcess => {
    const onLog = createWorkerLog({ logger, worker, onPhoto });
    return startWorkerProcess({
      words: WORKER_WORDS[worker],
      isApart: true,
      environment,
      workingDirectory,
      signal,
      onLog,
    });
  };
  const slot = (name: WorkerName): WorkerSlot =>
    new WorkerSlot({ name, start: (signal) => start(name, signal), lingerMs: LINGER_MS, clock, logger });
  const settler = new Settler({
    settleDue: async (signal) => {
      if ((await scanning.settleDueFiles(signal)) > 0) supervisor.wake();
      return scanning.nextSettleAt();
    },
    decideMissing: scanning.decideMissing,
    undecided: todo.undecided,
    isQuiet: deps.isQuiet,
    clock,
    logger,
  });
  const isSoon = (at: number | undefined): boolean => at !== undefined && at - clock.now() < AHEAD_MS;
  const coreWork = createCoreWork(catalogue);
  const supervisor: Supervisor = new Supervisor({
    core: slot("core"),
    enrichment: slot("enrichment"),
    hasCoreWork: async () => isSoon(settler.nextAt) || (await coreWork.isThere()),
    hasEnrichmentWork: createEnrichmentWork({ catalogue, config, clock }),
    pauseReason: createPauses({ agent, config, clock }),
    nextFile: async () => (await todo.toProcess(1))[0]?.path.toString(),
    noteStuck: agent.noteStuck,
    clock,
    logger,
  });
  return { supervisor, settler, coreWork };
};
