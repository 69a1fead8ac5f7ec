/** Installs, removes, starts and stops the service. Nothing is done halfway in silence: what failed is named. */
import { execFile } from "node:child_process";
import { mkdir, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { NotFoundError, StorageError, systemCode } from "../../src/errors.ts";
import type { CommandLine, ServiceFile, ServiceManager, ServiceSettings } from "./service-manager.ts";

const COMMAND_TIMEOUT_MS = 30_000;
const BYTE_ORDER_MARK = "\ufeff";

export interface CommandResult {
  /** undefined = the program is not there. */
  readonly exitCode: number | undefined;
  /** What it wrote to stderr and stdout, trimmed. */
  readonly text: string;
}

export type RunCommand = (command: CommandLine) => Promise<CommandResult>;

export const runCommand: RunCommand = ([program, ...words]) =>
  new Promise((resolve) => {
    execFile(program, words, { timeout: COMMAND_TIMEOUT_MS, windowsHide: true }, (error, stdout, stderr) => {
      const text = `${stderr}${stdout}`.trim();
      if (error === null) resolve({ exitCode: 0, text });
      else if (systemCode(error) === "ENOENT") resolve({ exitCode: undefined, text: "" });
      else resolve({ exitCode: typeof error.code === "number" ? error.code : 1, text });
    });
  });

const lineOf = (command: CommandLine): string => command.join(" ");

export interface ServicePlan {
  readonly manager: ServiceManager["name"];
  readonly file: ServiceFile;
  /** Command lines as a person would type them, in order. */
  readonly commands: readonly string[];
}

export interface ServiceRunner {
  /** What `install` would write and run. */
  readonly plan: () => ServicePlan;
  readonly install: () => Promise<ServicePlan>;
  readonly uninstall: () => Promise<void>;
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
  /** The file is there. */
  readonly isInstalled: () => Promise<boolean>;
  /** The manager answers from here: not in a container without a session, for example. */
  readonly isUsable: () => Promise<boolean>;
}

export interface ServiceRunnerDeps {
  readonly manager: ServiceManager;
  readonly settings: ServiceSettings;
  readonly homeDirectory: string;
  readonly run?: RunCommand;
}

const writeServiceFile = async ({ path, content, encoding }: ServiceFile): Promise<void> => {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, encoding === "utf16le" ? `${BYTE_ORDER_MARK}${content}` : content, encoding);
};

const exists = async (path: string): Promise<boolean> => {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return false;
    throw error;
  }
};

export const createServiceRunner = (deps: ServiceRunnerDeps): ServiceRunner => {
  const { manager, settings, homeDirectory, run = runCommand } = deps;
  const file = manager.file(settings, homeDirectory);
  const commands = manager.commands(settings, file.path);
  const tell = async (lines: readonly CommandLine[]): Promise<void> => {
    for (const command of lines) {
      const { exitCode, text } = await run(command);
      if (exitCode === 0) continue;
      const what = exitCode === undefined ? `${command[0]} is not on this machine` : text || `exit code ${exitCode}`;
      throw new StorageError(`"${lineOf(command)}" failed: ${what}.`, {
        hint: `The service file is ${file.path}. Run the command yourself, or start the agent without a service: photon agent start --detached.`,
      });
    }
  };
  const isInstalled = (): Promise<boolean> => exists(file.path);
  const needInstalled = async (): Promise<void> => {
    if (await isInstalled()) return;
    throw new NotFoundError("The photon agent is not installed as a service.", {
      hint: 'Run "photon agent install".',
    });
  };
  const plan = (): ServicePlan => ({ manager: manager.name, file, commands: commands.install.map(lineOf) });
  return {
    plan,
    install: async () => {
      await mkdir(dirname(settings.crashLogPath), { recursive: true });
      await writeServiceFile(file);
      await tell(commands.install);
      return plan();
    },
    uninstall: async () => {
      await needInstalled();
      // What is not loaded any more cannot be unloaded; the file goes all the same.
      if ((await run(commands.query)).exitCode === 0) await tell(commands.uninstall);
      await rm(file.path, { force: true });
    },
    start: async () => {
      await needInstalled();
      await tell(commands.start);
    },
    stop: async () => {
      await needInstalled();
      await tell(commands.stop);
    },
    isInstalled,
    isUsable: async () => (await run(manager.probe)).exitCode === 0,
  };
};
