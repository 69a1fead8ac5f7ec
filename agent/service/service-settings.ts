/** What the service of a library is called and how it is started. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { ServiceSettings } from "./service-manager.ts";

export interface ServiceSource {
  /** Absolute path of a Node that photon runs on. */
  readonly node: string;
  /** Absolute path of bin/photon.js. */
  readonly launcher: string;
  readonly dataDirectory: string;
  /** The library of people who never chose a place. */
  readonly defaultDataDirectory: string;
  /** undefined = the usual place. */
  readonly configPath: string | undefined;
}

const NAME_DIGITS = 8;

export const LOG_FILE_NAME = "agent.log";
const CRASH_LOG_FILE_NAME = "agent-crash.log";

/** Absolute path of the folder that the agent of this library logs to. */
export const logFolderOf = (dataDirectory: string): string => join(dataDirectory, "logs");

const nameOf = ({ dataDirectory, defaultDataDirectory }: ServiceSource): string => {
  if (dataDirectory === defaultDataDirectory) return "photon";
  return `photon-${createHash("sha256").update(dataDirectory).digest("hex").slice(0, NAME_DIGITS)}`;
};

/** The environment of a login has none of the variables of this terminal: what decides the library travels along. */
export const serviceSettingsOf = (source: ServiceSource): ServiceSettings => ({
  name: nameOf(source),
  program: [source.node, source.launcher, "watch", "--service"],
  environment: {
    PHOTON_HOME: source.dataDirectory,
    ...(source.configPath === undefined ? {} : { PHOTON_CONFIG: source.configPath }),
  },
  workingDirectory: source.dataDirectory,
  crashLogPath: join(logFolderOf(source.dataDirectory), CRASH_LOG_FILE_NAME),
});
