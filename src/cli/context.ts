/** What commands are handed: settings, logger, streams and the application, each made on first use. */
import type { Photon } from "../app.ts";
import type { Environment, FlagValue, LoadedConfig } from "../config.ts";
import { loadConfig } from "../config.ts";
import type { Logger } from "../logger.ts";
import { createLogger } from "../logger.ts";
import type { GlobalFlags } from "./build-program.ts";
import type { CommandContext } from "./command.ts";
import type { Output } from "./terminal.ts";

export interface ContextOptions {
  readonly version: string;
  readonly environment: Environment;
  readonly workingDirectory: string;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly globals: GlobalFlags;
  readonly configFlags: readonly FlagValue[];
  readonly runLine: CommandContext["runLine"];
}

const globalConfigFlags = ({ verbose, jsonLogs }: GlobalFlags): readonly FlagValue[] => [
  ...(verbose === true ? [{ key: "logging.level", flag: "--verbose", value: "debug" } as const] : []),
  ...(jsonLogs === true ? [{ key: "logging.format", flag: "--json-logs", value: "json" } as const] : []),
];

/** The value of `make`, made at the first call. */
const once = <Value>(make: () => Value): (() => Value) => {
  let made: { readonly value: Value } | undefined;
  return () => (made ??= { value: make() }).value;
};

/** @returns the context, and what closes every application it opened */
export const createContext = (options: ContextOptions): { context: CommandContext } & AsyncDisposable => {
  const { environment, workingDirectory, stdout, stderr, globals } = options;
  const resources = new AsyncDisposableStack();
  let redirected: ((line: string) => void) | undefined;
  const writeLog = (line: string): void => {
    if (redirected === undefined) stderr.stream.write(`${line}\n`);
    else redirected(line);
  };
  const flags = [...globalConfigFlags(globals), ...options.configFlags];
  const configLocation = { environment, workingDirectory, configPath: globals.config, flags };
  const load = once((): { loaded: LoadedConfig; logger: Logger } => {
    const loaded = loadConfig(configLocation);
    const logger = createLogger({ ...loaded.config.logging, write: writeLog });
    for (const warning of loaded.warnings) logger.warn(warning);
    return { loaded, logger };
  });
  const openPhoton = async (): Promise<Photon> => {
    const { createPhoton } = await import("../app.ts");
    const { loaded, logger } = load();
    return resources.use(createPhoton(loaded.config, { logger, workingDirectory }));
  };
  const context: CommandContext = {
    get config() {
      return load().loaded.config;
    },
    get loadedConfig() {
      return load().loaded;
    },
    get logger() {
      return load().logger;
    },
    configLocation,
    stdout,
    stderr,
    redirectLog: (write) => {
      redirected = write;
    },
    environment,
    version: options.version,
    workingDirectory,
    photon: once(openPhoton),
    runLine: options.runLine,
  };
  return { context, [Symbol.asyncDispose]: () => resources.disposeAsync() };
};
