/**
 * What runs the agent in the background as the user's own service. A manager only says which file it wants and which
 * commands it is told things by; run-service.ts does both. Register it in service-managers.ts.
 */

export interface ServiceSettings {
  /** One service per library: `photon`, or `photon-<digits>` for a library that is not in the usual place. */
  readonly name: string;
  /** Absolute path of the program and its arguments. */
  readonly program: readonly string[];
  /** Variables the service needs; never a key. */
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDirectory: string;
  /** Absolute; what the agent does not write itself (a crash of Node) goes there too, where the manager can do that. */
  readonly crashLogPath: string;
}

export interface ServiceFile {
  readonly path: string;
  readonly content: string;
  /** utf16le is written with a byte order mark. */
  readonly encoding: "utf8" | "utf16le";
}

/** A program and its arguments. */
export type CommandLine = readonly [string, ...string[]];

export interface ServiceCommands {
  /** After the file was written: makes it start at login, and now. */
  readonly install: readonly CommandLine[];
  /** Before the file is removed. */
  readonly uninstall: readonly CommandLine[];
  readonly start: readonly CommandLine[];
  readonly stop: readonly CommandLine[];
  /** Exit code 0 = it is loaded. */
  readonly query: CommandLine;
}

export interface ServiceManager {
  readonly name: "systemd" | "launchd" | "task-scheduler";
  readonly platform: NodeJS.Platform;
  /** Exit code 0 = the manager can be used from here. */
  readonly probe: CommandLine;
  readonly file: (settings: ServiceSettings, homeDirectory: string) => ServiceFile;
  readonly commands: (settings: ServiceSettings, filePath: string) => ServiceCommands;
}

export const defineServiceManager = (manager: ServiceManager): ServiceManager => manager;
