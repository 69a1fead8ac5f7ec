/**
 * The agent in the background: as a service of the user's, or as a process of its own where there is no manager of
 * services. Who runs is read from the library: the process that holds the agent's role.
 */
import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import type { Clock } from "../../src/clock.ts";
import { MILLISECOND, SECOND } from "../../src/clock.ts";
import { InvalidInputError, NotFoundError, StorageError, systemCode } from "../../src/errors.ts";
import type { ServicePlan, ServiceRunner } from "./run-service.ts";
import type { ServiceSettings } from "./service-manager.ts";

const POLL_MS = 100 * MILLISECOND;
/** A fresh library is made and its catalogue migrated in this time. */
const START_LIMIT_MS = 20 * SECOND;
/** The agent itself ends within five seconds. */
const STOP_LIMIT_MS = 15 * SECOND;

export interface AgentProcess {
  readonly host: string;
  readonly pid: number;
  readonly isOnThisHost: boolean;
}

export type AgentStart = { readonly how: "service" | "detached" | "running"; readonly agent: AgentProcess };
export type AgentStop = { readonly how: "service" | "signal" | "not-running" };

export interface AgentServiceDeps {
  /** undefined = this platform has no manager that photon knows. */
  readonly service: ServiceRunner | undefined;
  readonly settings: ServiceSettings;
  /** The process that holds the agent's role. */
  readonly runningAgent: () => Promise<AgentProcess | undefined>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export interface AgentService {
  /** @throws InvalidInputError on a platform without a known manager of services */
  readonly plan: () => ServicePlan;
  /** Writes the service and starts it; from then on it starts at login. */
  readonly install: () => Promise<ServicePlan>;
  readonly uninstall: () => Promise<void>;
  readonly isInstalled: () => Promise<boolean>;
  /** Resolves when the agent has its role. @param detached without the manager of services, until the next log-out */
  readonly start: (options: { readonly detached: boolean }) => Promise<AgentStart>;
  /** Resolves when the role is free. */
  readonly stop: () => Promise<AgentStop>;
}

const needService = ({ service }: AgentServiceDeps): ServiceRunner => {
  if (service !== undefined) return service;
  throw new InvalidInputError(`Expected Linux, macOS or Windows for a service, received ${process.platform}.`, {
    hint: 'Start the agent by itself: "photon agent start --detached".',
  });
};

/** Polls `look` until it gives something; undefined when the time is over. */
const waitFor = async <Value>(
  { clock, signal }: AgentServiceDeps,
  limitMs: number,
  look: () => Promise<Value | undefined>,
): Promise<Value | undefined> => {
  const deadline = clock.now() + limitMs;
  for (;;) {
    const found = await look();
    if (found !== undefined || clock.now() >= deadline) return found;
    await clock.sleep(POLL_MS, signal);
  }
};

/** It outlives this process and its terminal; what Node itself says goes to the crash log. */
const startDetached = ({ settings, environment }: AgentServiceDeps): Promise<void> => {
  const [program = "", ...words] = settings.program;
  mkdirSync(dirname(settings.crashLogPath), { recursive: true });
  const log = openSync(settings.crashLogPath, "a", 0o600);
  const child = spawn(program, words, {
    cwd: settings.workingDirectory,
    env: { ...environment, ...settings.environment },
    detached: true,
    stdio: ["ignore", "ignore", log],
    windowsHide: true,
  });
  closeSync(log);
  return new Promise((resolve, reject) => {
    child.once("spawn", () => {
      child.unref();
      resolve();
    });
    child.once("error", reject);
  });
};

const howToStart = async (deps: AgentServiceDeps, detached: boolean): Promise<"service" | "detached"> => {
  if (detached) return "detached";
  const service = needService(deps);
  if (await service.isInstalled()) return "service";
  throw new NotFoundError("The photon agent is not installed as a service.", {
    hint: '"photon agent install" installs and starts it; "photon agent start --detached" starts it without a service.',
  });
};

const start = async (deps: AgentServiceDeps, detached: boolean): Promise<AgentStart> => {
  const running = await deps.runningAgent();
  if (running !== undefined) return { how: "running", agent: running };
  const how = await howToStart(deps, detached);
  await (how === "detached" ? startDetached(deps) : needService(deps).start());
  const agent = await waitFor(deps, START_LIMIT_MS, deps.runningAgent);
  if (agent !== undefined) return { how, agent };
  throw new StorageError("The agent was started but has not begun to watch.", {
    hint: `Read what it says: photon agent logs, and ${deps.settings.crashLogPath}.`,
  });
};

const isFree = async ({ runningAgent }: AgentServiceDeps): Promise<true | undefined> =>
  (await runningAgent()) === undefined ? true : undefined;

const askToEnd = (pid: number): void => {
  try {
    process.kill(pid, "SIGTERM");
  } catch (error) {
    if (systemCode(error) !== "ESRCH") throw error; // it has ended meanwhile
  }
};

const stop = async (deps: AgentServiceDeps): Promise<AgentStop> => {
  const { service } = deps;
  const running = await deps.runningAgent();
  const isService = service !== undefined && (await service.isInstalled()) && (await service.isUsable());
  if (running === undefined && !isService) return { how: "not-running" };
  if (running !== undefined && !running.isOnThisHost) {
    throw new InvalidInputError(`The agent of this library runs on another machine, ${running.host}.`, {
      hint: "Stop it there.",
    });
  }
  if (isService) await service.stop();
  // Started by hand, beside a service that is installed: the manager knows nothing of it.
  const left = await deps.runningAgent();
  if (left !== undefined) askToEnd(left.pid);
  if ((await waitFor(deps, STOP_LIMIT_MS, () => isFree(deps))) === undefined) {
    throw new StorageError("The agent was told to stop and is still at work.", {
      hint: "Look at photon agent logs, then try again.",
    });
  }
  return { how: isService ? "service" : "signal" };
};

export const createAgentService = (deps: AgentServiceDeps): AgentService => ({
  plan: () => needService(deps).plan(),
  install: () => needService(deps).install(),
  uninstall: () => needService(deps).uninstall(),
  isInstalled: () => deps.service?.isInstalled() ?? Promise.resolve(false),
  start: ({ detached }) => start(deps, detached),
  stop: () => stop(deps),
});
