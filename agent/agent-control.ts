/** What the commands `photon agent ...` are made of: the service, who runs, the log, pauses. */
import { homedir, hostname } from "node:os";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { AgentPause } from "../src/catalogue/agent-repository.ts";
import { openCatalogue } from "../src/catalogue/catalogue.ts";
import type { Catalogue } from "../src/catalogue/catalogue.ts";
import { systemClock } from "../src/clock.ts";
import { DEFAULT_DATA_DIRECTORY } from "../src/config.ts";
import { followLog, lastLines, logSize } from "./read-log.ts";
import { AGENT_ROLE, holderName } from "./role.ts";
import type { AgentProcess, AgentService } from "./service/agent-service.ts";
import { createAgentService } from "./service/agent-service.ts";
import { createServiceRunner } from "./service/run-service.ts";
import { serviceManagerOf } from "./service/service-managers.ts";
import { LOG_FILE_NAME, logFolderOf, serviceSettingsOf } from "./service/service-settings.ts";

export interface AgentControlOptions {
  readonly dataDirectory: string;
  /** Absolute; undefined = the usual place. */
  readonly configPath: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

export interface AgentControl extends AgentService {
  readonly runningAgent: () => Promise<AgentProcess | undefined>;
  readonly logPath: string;
  /** The last lines of the log, oldest first. */
  readonly logLines: (count: number) => Promise<readonly string[]>;
  /** Lines as they come, from now on, until the signal aborts. */
  readonly follow: () => Promise<AsyncIterable<string>>;
  readonly pause: (pause: AgentPause) => Promise<void>;
  /** @returns whether it was paused */
  readonly resume: () => Promise<boolean>;
}

/** bin/photon.js of the checkout or of the package. */
const launcherPath = (): string => {
  let file = new URL("bin/photon.js", import.meta.url);
  while (!existsSync(file)) file = new URL("../../bin/photon.js", file);
  return fileURLToPath(file);
};

const withCatalogue = async <Result>(path: string, use: (catalogue: Catalogue) => Promise<Result>): Promise<Result> => {
  await using catalogue = await openCatalogue({ path });
  return await use(catalogue);
};

const processOf = (owner: string): AgentProcess => {
  const [host = "", pid = ""] = holderName(owner).split(":");
  return { host, pid: Number(pid), isOnThisHost: host === hostname() };
};

/** Nobody has an agent in a library that is not there. */
const findAgent = async (path: string): Promise<AgentProcess | undefined> => {
  if (!existsSync(path)) return undefined;
  const holder = await withCatalogue(path, ({ leases }) => leases.holder(AGENT_ROLE));
  return holder === undefined ? undefined : processOf(holder.owner);
};

export const createAgentControl = (options: AgentControlOptions): AgentControl => {
  const { dataDirectory, configPath, environment, signal } = options;
  const cataloguePath = join(dataDirectory, "catalogue.db");
  const logPath = join(logFolderOf(dataDirectory), LOG_FILE_NAME);
  const settings = serviceSettingsOf({
    node: process.execPath,
    launcher: launcherPath(),
    dataDirectory,
    defaultDataDirectory: DEFAULT_DATA_DIRECTORY,
    configPath,
  });
  const manager = serviceManagerOf(process.platform);
  const homeDirectory = environment["HOME"] ?? homedir();
  const service = manager === undefined ? undefined : createServiceRunner({ manager, settings, homeDirectory });
  const runningAgent = (): Promise<AgentProcess | undefined> => findAgent(cataloguePath);
  return {
    ...createAgentService({ service, settings, runningAgent, environment, clock: systemClock, signal }),
    runningAgent,
    logPath,
    logLines: (count) => lastLines(logPath, count),
    follow: async () => followLog(logPath, { clock: systemClock, signal, from: await logSize(logPath) }),
    pause: (pause) => withCatalogue(cataloguePath, ({ agent }) => agent.pause(pause)),
    resume: () => withCatalogue(cataloguePath, ({ agent }) => agent.resume()),
  };
};
