/**
 * The command contract. A command is a thin call into core: it names its options once, in a zod schema whose fields
 * say how they are spelt on the command line, and returns the exit code. Register it in commands.ts.
 */
import { z } from "zod";
import type { Photon } from "../app.ts";
import type { Config, ConfigKey, Environment, LoadConfigOptions, LoadedConfig } from "../config.ts";
import type { Logger } from "../logger.ts";
import type { Output } from "./terminal.ts";

/** The same for every command. 130 (Ctrl-C) and 143 (SIGTERM) are set by main.ts. */
export const EXIT = { done: 0, failed: 1, usage: 2, partlyFailed: 3 } as const;

/** What a command may use. Everything is made on first access, so that a command pays only for what it reads. */
export interface CommandContext {
  /** Effective configuration. Access throws ConfigError when a value is wrong. */
  readonly config: Config;
  /** The same with the source of each value and the warnings (already logged). */
  readonly loadedConfig: LoadedConfig;
  /** Where the configuration is looked for; usable when the file itself is broken. */
  readonly configLocation: LoadConfigOptions;
  /** Writes to stderr at the level and in the format of the config and the global flags. */
  readonly logger: Logger;
  /** Data only. */
  readonly stdout: Output;
  /** Progress, prompts, notes for people. */
  readonly stderr: Output;
  /** Sends log lines through a progress bar; `undefined` sends them to stderr again. */
  readonly redirectLog: (write: ((line: string) => void) | undefined) => void;
  /** Of this process; for libraries and child processes that must be handed one. */
  readonly environment: Environment;
  /** Of photon. */
  readonly version: string;
  /** Folder the command was started in. */
  readonly workingDirectory: string;
  /** The application on this library; opened once, closed by main.ts. */
  readonly photon: () => Promise<Photon>;
  /** Runs another command line (the words after `photon`) as a run of its own; errors are shown, not thrown. */
  readonly runLine: (words: readonly string[], environment: Environment, signal: AbortSignal) => Promise<number>;
}

interface Example {
  /** Complete line, starts with `photon`. */
  readonly command: string;
  /** What it does, a few words. */
  readonly does: string;
}

/** Name and summary are in the registry entry, so that `photon --help` loads no command. */
export interface Command<Options extends z.ZodObject = z.ZodObject> {
  readonly options: Options;
  readonly examples: readonly [Example, ...Example[]];
  /** Paragraphs shown by `--help` between summary and options. */
  readonly details?: string;
  /**
   * Resolves to the exit code. Errors are thrown and shown by main.ts. When `signal` aborts (Ctrl-C, SIGTERM, closed
   * pipe) finish what must be finished and return or reject; main.ts sets the exit code.
   */
  run(options: z.output<Options>, context: CommandContext, signal: AbortSignal): Promise<number>;
}

export const defineCommand = <Options extends z.ZodObject>(command: Command<Options>): Command<Options> => command;

/** How one field of `options` is spelt on the command line. */
export type OptionUse =
  | {
      readonly kind: "flag";
      /** Commander's notation; `--[no-]name` makes both directions. */
      readonly flags: string;
      /** The flag overrides this config key. */
      readonly config: ConfigKey | undefined;
      readonly check: ((text: string) => void) | undefined;
    }
  | { readonly kind: "argument"; readonly usage: string };

export const optionUses = z.registry<OptionUse>();

const described = <Schema extends z.ZodType>(schema: Schema, description: string, use: OptionUse): Schema => {
  const copy: z.ZodType = schema.describe(description);
  optionUses.add(copy, use);
  return copy as Schema; // describe() copies the schema with its class
};

/**
 * A flag: `flag("-o, --output <path>", z.string().optional(), "Write records to PATH.")`. The words on the command line
 * are turned into what the schema wants (numbers, booleans); an array schema collects a repeated flag.
 * @param config key that the flag overrides; the command then reads `context.config`
 * @param check throws for a word that must be refused before anything else about the line is said
 */
export const flag = <Schema extends z.ZodType>(
  flags: string,
  schema: Schema,
  description: string,
  { config, check }: { readonly config?: ConfigKey; readonly check?: (text: string) => void } = {},
): Schema => described(schema, description, { kind: "flag", flags, config, check });

/** A positional argument: `argument("<input...>", z.array(z.string()).min(1), "Photos or folders.")`. */
export const argument = <Schema extends z.ZodType>(usage: string, schema: Schema, description: string): Schema =>
  described(schema, description, { kind: "argument", usage });

/** Shared by every command that prints data. With it, errors are JSON too (on stderr). */
export const jsonFlag = flag("--json", z.boolean().default(false), "Print JSON for programs.");
