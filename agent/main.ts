/**
 * The agent: keeps a library equal to its folders for as long as it runs. Any number may run on one library; each root
 * has one watcher and the library one crew of workers, and who is left takes over.
 */
import { join } from "node:path";
import { createScanningApi } from "../src/app/scanning.ts";
import { openCatalogue } from "../src/catalogue/catalogue.ts";
import type { Catalogue } from "../src/catalogue/catalogue.ts";
import type { RootWatch as ReportedWatch } from "../src/catalogue/root-repository.ts";
import type { Clock } from "../src/clock.ts";
import { SECOND, systemClock } from "../src/clock.ts";
import type { Config } from "../src/config.ts";
import { InvalidInputError, isAbort } from "../src/errors.ts";
import type { RootsApi } from "../src/library/roots.ts";
import { createRootsApi } from "../src/library/roots.ts";
import { readWatchStatus, statusFields } from "../src/library/watch-status.ts";
import type { Logger } from "../src/logger.ts";
import { createLogger } from "../src/logger.ts";
import type { Crew } from "./crew.ts";
import { createCrew } from "./crew.ts";
import type { CreateHintSource } from "./hints/hint-source.ts";
import { openLogFile } from "./log-file.ts";
import { AGENT_ROLE, whileHolding } from "./role.ts";
import type { RootSet, WatchedRoot } from "./root-set.ts";
import { createRootSet } from "./root-watches.ts";
import type { RootView } from "./root-watch.ts";
import type { WorkerState } from "./worker-slot.ts";
import type { PhotoNews } from "./worker-log.ts";
import { logStatus } from "./status-log.ts";
import { LOG_FILE_NAME, logFolderOf } from "./service/service-settings.ts";
import { TICK_MS, WakeWatch } from "./wake-watch.ts";

const REPORT_MS = 2 * SECOND;

export interface AgentOptions {
  readonly config: Config;
  readonly cataloguePath: string;
  readonly logger: Logger;
  readonly clock?: Clock;
  /** All that decides the settings of workers: see cli/child-environment.ts. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly workingDirectory: string;
  /** Folders that are added to the library if they are not in it, as the user typed them. */
  readonly folders: readonly string[];
  /** Left out = what suits this system. */
  readonly createSource?: CreateHintSource;
}

export interface WatchedRootView {
  readonly path: string;
  /** undefined while another process is its watcher. */
  readonly watch: RootView | undefined;
  /** The process that is, `host:pid`. */
  readonly holder: string | undefined;
}

export interface AgentView {
  readonly roots: readonly WatchedRootView[];
  /** Files: not yet known to be whole, and ready for the pipeline. */
  readonly settling: number;
  readonly waiting: number;
  /** Photos to index. */
  readonly marks: number;
  /** Photos dealt with since the start. */
  readonly done: number;
  readonly failed: number;
  readonly lastFailure: PhotoNews | undefined;
  readonly paused: string | undefined;
  readonly workers: readonly WorkerState[];
}

export interface Agent extends AsyncDisposable {
  /** Works until the signal aborts; then ends within five seconds. */
  readonly run: (signal: AbortSignal) => Promise<void>;
  /** A whole scan of every root, soon. */
  readonly request: (reason: string) => void;
  readonly view: () => Promise<AgentView>;
}

interface Counts {
  done: number;
  failed: number;
  last: PhotoNews | undefined;
}

interface Parts {
  readonly catalogue: Catalogue;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly roots: RootSet;
  readonly crew: Crew;
  readonly counts: Counts;
}

const isAtRest = ({ watch }: WatchedRoot): boolean => {
  const view = watch?.view();
  return view === undefined || (!view.isScanning && view.dirty === 0);
};

const viewOf = async ({ catalogue, roots, crew, counts }: Parts): Promise<AgentView> => {
  const { settle, process } = await catalogue.todo.counts();
  return {
    roots: roots.roots.map(({ root, watch, holder }) => ({
      path: root.path.toString(),
      watch: watch?.view(),
      holder,
    })),
    settling: settle,
    waiting: process,
    marks: await catalogue.index.countMarks(),
    done: counts.done,
    failed: counts.failed,
    lastFailure: counts.last,
    ...crew.supervisor.view(),
  };
};

/** Writes what other processes are to know of the roots, when it has changed. */
const createReporter = ({ catalogue, clock, roots, crew }: Parts): (() => Promise<void>) => {
  const reported = new Map<number, string>();
  let settledAt: number | undefined;
  return async () => {
    const isSettled =
      roots.roots.every(isAtRest) && crew.settler.nextAt === undefined && !(await crew.coreWork.isThere());
    settledAt = isSettled ? (settledAt ?? clock.now()) : undefined;
    for (const { root, watch } of roots.roots) {
      const view = watch?.view();
      if (view === undefined) continue;
      const { mode, reason, fix, handles: folders, nextScanAt } = view;
      const report: ReportedWatch = { mode, reason, fix, folders, nextScanAt, settledAt };
      const text = JSON.stringify(report);
      if (reported.get(root.id) === text) continue;
      await catalogue.roots.report(root.id, report);
      reported.set(root.id, text);
    }
  };
};

/** Scans that people ask for from other processes. */
const createScanWishes = ({ catalogue, roots }: Parts): (() => Promise<void>) => {
  let known: number | undefined;
  return async () => {
    const wanted = await catalogue.agent.scansWanted();
    if (known !== undefined && wanted !== known) roots.request("it was asked for");
    known = wanted;
  };
};

const repeat = async (parts: Parts, signal: AbortSignal, tasks: readonly (() => Promise<void>)[]): Promise<void> => {
  const { clock, logger } = parts;
  while (!signal.aborted) {
    for (const task of tasks) {
      await task().catch((error: unknown) => {
        if (!isAbort(error)) logger.debug("The agent's state could not be written now.", { error: String(error) });
      });
    }
    await clock.sleep(REPORT_MS, signal).catch(() => undefined); // the end: seen in the condition
  }
};

const watchForWakeUps = ({ clock, roots }: Parts): Disposable => {
  const times = () => ({ wall: clock.now(), steady: performance.now() });
  const watch = new WakeWatch(times());
  const timer = setInterval(() => {
    if (watch.tick(times())) roots.request("the machine slept, or its clock was set");
  }, TICK_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
};

const workWithCrew = async ({ crew, catalogue, clock, logger }: Parts, signal: AbortSignal): Promise<void> => {
  const read = async () => statusFields(await readWatchStatus(catalogue, clock.now()));
  await Promise.all([
    crew.supervisor.run(signal),
    crew.settler.run(signal),
    logStatus({ read, clock, logger }, signal),
  ]);
};

const run = async (parts: Parts, signal: AbortSignal): Promise<void> => {
  const { catalogue, clock, logger, roots, crew } = parts;
  using _wakeUps = watchForWakeUps(parts);
  catalogue.jobs.subscribe(() => {
    crew.coreWork.changed();
    crew.supervisor.wake();
  }, signal);
  const onHolder = (holder: string | undefined): void => {
    if (holder === undefined) return;
    logger.info(`The work of this library is done by another photon process (${holder}).`, {
      event: "agent:waits",
      holder,
    });
  };
  await Promise.all([
    roots.run(signal),
    whileHolding(
      { leases: catalogue.leases, clock, logger },
      { name: AGENT_ROLE, signal, onHolder, work: (held) => workWithCrew(parts, held) },
    ),
    repeat(parts, signal, [createReporter(parts), createScanWishes(parts)]),
  ]);
};

/** Folders of the configuration and of the command line become roots. @throws InvalidInputError for one that cannot */
const addFolders = async (api: RootsApi, folders: readonly string[], logger: Logger): Promise<void> => {
  for (const problem of await api.applyConfiguredRoots()) logger.warn(problem, { event: "root:refused" });
  for (const folder of folders) {
    const { root, isNew } = await api.addRoot(folder);
    if (!root.watch) await api.changeRoot(root.id, { watch: true });
    if (isNew) logger.info("A folder was added to the library.", { event: "root:added", root: root.path.toString() });
  }
  if ((await api.listRoots()).some(({ watch }) => watch)) return;
  throw new InvalidInputError("Expected a folder to watch, received none.", {
    hint: "Name it: photon watch ~/Pictures. Next time it is known.",
  });
};

/** Opens the library and adds the folders; `run` does the rest. */
export const createAgent = async (options: AgentOptions): Promise<Agent> => {
  const { config, logger, clock = systemClock, workingDirectory, environment, createSource } = options;
  const catalogue = await openCatalogue({ path: options.cataloguePath, clock });
  try {
    await addFolders(
      createRootsApi({ config, workingDirectory, catalogue: () => Promise.resolve(catalogue) }),
      options.folders,
      logger,
    );
    const counts: Counts = { done: 0, failed: 0, last: undefined };
    const onPhoto = (news: PhotoNews): void => {
      if (news.event !== "photo:failed") counts.done += 1;
      else {
        counts.failed += 1;
        counts.last = news;
        const { path, code, message } = news;
        catalogue.agent.noteError({ path, code, message }).catch(() => undefined); // the log has it
      }
    };
    const shared = { config, catalogue, clock, logger };
    const isQuiet = (): boolean => roots.roots.every(isAtRest);
    const onChange = (): void => {
      crew.settler.wake();
      crew.supervisor.wake();
    };
    const scanning = createScanningApi({
      ...shared,
      catalogue: () => Promise.resolve(catalogue),
      index: { notify: () => crew.supervisor.wake() }, // the index is written by a worker
    });
    const crew = createCrew({ ...shared, scanning, environment, workingDirectory, isQuiet, onPhoto });
    const roots = createRootSet({ ...shared, scanning, createSource, onChange });
    const parts: Parts = { catalogue, clock, logger, roots, crew, counts };
    return {
      run: (signal) => run(parts, signal),
      request: (reason) => roots.request(reason),
      view: () => viewOf(parts),
      [Symbol.asyncDispose]: () => catalogue[Symbol.asyncDispose](),
    };
  } catch (error) {
    await catalogue[Symbol.asyncDispose]();
    throw error;
  }
};

/** The log of a background service: one JSON object a line, in a file of the library's folder. */
export const openServiceLog = ({ general, logging }: Config): Disposable & { readonly logger: Logger } => {
  const file = openLogFile({ path: join(logFolderOf(general.data_dir), LOG_FILE_NAME) });
  const logger = createLogger({ level: logging.level, format: "json", write: file.write });
  return { logger, [Symbol.dispose]: () => file[Symbol.dispose]() };
};

export type { AgentControl } from "./agent-control.ts";
export { createAgentControl } from "./agent-control.ts";
