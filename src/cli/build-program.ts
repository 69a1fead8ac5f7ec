/** Turns the registry into a commander program, and a command line into one invocation. */
import { Command as Program, CommanderError } from "commander";
import type { FlagValue } from "../config.ts";
import { InvalidInputError } from "../errors.ts";
import type { Command } from "./command.ts";
import { addOptions, typedOptions, validateOptions } from "./command-options.ts";
import type { CommandEntry } from "./commands.ts";
import { markDashWords, unmark } from "./dash-words.ts";
import type { Output } from "./terminal.ts";

export interface GlobalFlags {
  readonly config?: string;
  readonly verbose?: true;
  readonly jsonLogs?: true;
}

export type Invocation =
  | { readonly kind: "text"; readonly text: string }
  | {
      readonly kind: "run";
      readonly command: Command;
      /** Validated by the command's schema. */
      readonly options: Readonly<Record<string, unknown>>;
      readonly globals: GlobalFlags;
      /** Flags that override settings. */
      readonly configFlags: readonly FlagValue[];
    };

export interface ProgramOptions {
  readonly commands: readonly CommandEntry[];
  /** Summary of each first word that only groups commands. */
  readonly groups: Readonly<Record<string, string>>;
  readonly version: string;
  /** Decides width and colours of help texts. */
  readonly output: Pick<Output, "columns" | "style">;
}

/** What parsing one line has found so far; commander reports through callbacks. */
interface Reading {
  readonly line: readonly string[];
  printed: string;
  invocation: Invocation | undefined;
  /** Shown in hints. */
  helpCommand: string;
}

const DESCRIPTION = "Understands your photos on your own machine: index, semantic search, tools for AI assistants.";

/** Descriptions beside options are wrapped into a column at least this wide; narrower, they are not wrapped at all. */
const NARROWEST_COLUMN = 24;

const createProgram = (name: string, reading: Reading, { output }: ProgramOptions): Program => {
  const print = (text: string): void => {
    reading.printed += text;
  };
  return new Program(name)
    .exitOverride()
    .helpCommand(false)
    .configureOutput({
      writeOut: print,
      writeErr: print,
      outputError: () => undefined, // thrown as CommanderError and shown once, by run.ts
      getOutHelpWidth: () => output.columns,
      getErrHelpWidth: () => output.columns,
      getOutHasColors: () => true, // style() decides
      getErrHasColors: () => true,
    })
    .configureHelp({
      minWidthToWrap: NARROWEST_COLUMN,
      showGlobalOptions: true,
      styleTitle: (title) => output.style("bold", title),
    });
};

const helpHint = (reading: Reading): string => `Run \`${reading.helpCommand}\` to see what is possible.`;

const examplesText = (command: Command): string =>
  ["\nExamples:", ...command.examples.flatMap((example) => [`  $ ${example.command}`, `      ${example.does}`])].join(
    "\n",
  );

/** Makes a loaded command's options known to its program, before commander reads the rest of the line. */
const prepare = (program: Program, entry: CommandEntry, command: Command, reading: Reading): void => {
  program.description([`${entry.summary}.`, command.details ?? ""].join("\n\n").trim());
  program.addHelpText("after", examplesText(command));
  addOptions(program, command);
  program.action(() => {
    const { values, configFlags } = typedOptions(program, command);
    const options = validateOptions(command, values, helpHint(reading));
    const globals = program.optsWithGlobals<GlobalFlags>();
    reading.invocation = { kind: "run", command, options, globals, configFlags };
  });
};

/** A command may have others below it: then its own options are none of theirs. */
const namesCommandBelow = (program: Program, { line }: Reading): boolean => {
  const next = line[line.indexOf(program.name()) + 1];
  return program.commands.some((below) => below.name() === next);
};

const addCommand = (parent: Program, program: Program, entry: CommandEntry, reading: Reading): void => {
  parent.addCommand(program.summary(entry.summary), { hidden: entry.isHidden === true });
  parent.hook("preSubcommand", async (_parent, chosen) => {
    if (chosen !== program || namesCommandBelow(program, reading)) return;
    reading.helpCommand = `photon ${entry.name} --help`;
    prepare(program, entry, await entry.load(), reading);
  });
};

const buildProgram = (options: ProgramOptions, reading: Reading): Program => {
  const root = createProgram("photon", reading, options)
    .description(DESCRIPTION)
    .version(options.version, "-V, --version", "print the version")
    .option("--config <path>", "configuration file to use")
    .option("-v, --verbose", "show debug messages, and stack traces of errors")
    .option("--json-logs", "write log lines and errors as JSON, on stderr")
    .addHelpText("after", "\nRun `photon <command> --help` for options and examples.");
  const programs = new Map<string, Program>();
  const groupOf = (name: string): Program => {
    const known = programs.get(name);
    if (known !== undefined) return known;
    const group = createProgram(name, reading, options).description(options.groups[name] ?? "");
    programs.set(name, group);
    const isHidden = options.commands.every((entry) => entry.isHidden === true || !entry.name.startsWith(`${name} `));
    root.addCommand(group, { hidden: isHidden }).hook("preSubcommand", (_root, chosen) => {
      if (chosen === group) reading.helpCommand = `photon ${name} --help`;
    });
    return group;
  };
  for (const entry of options.commands) {
    const [first = "", second] = entry.name.split(" ");
    const program = createProgram(second ?? first, reading, options);
    addCommand(second === undefined ? root : groupOf(first), program, entry, reading);
    if (second === undefined) programs.set(first, program); // a command with commands of its own below it
  }
  return root;
};

const usageError = (error: CommanderError, reading: Reading): InvalidInputError => {
  const [first = "", ...rest] = unmark(error.message)
    .replace(/^error: /, "")
    .split("\n");
  const suggestion = /\(Did you mean (.+)\?\)/.exec(rest.join("\n"))?.[1];
  const sentence = `${first.charAt(0).toUpperCase()}${first.slice(1)}`.replace(/\.?$/, ".");
  const hint = suggestion === undefined ? helpHint(reading) : `Did you mean ${suggestion}? ${helpHint(reading)}`;
  return new InvalidInputError(sentence, { hint });
};

/** Reads the words after `photon`. @throws InvalidInputError for wrong usage */
export const readCommandLine = async (words: readonly string[], options: ProgramOptions): Promise<Invocation> => {
  const line = words[0] === "help" ? [...words.slice(1), "--help"] : markDashWords(words, options.commands);
  const reading: Reading = { line, printed: "", invocation: undefined, helpCommand: "photon --help" };
  try {
    await buildProgram(options, reading).parseAsync([...line], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (reading.printed === "") throw usageError(error, reading);
  }
  return reading.invocation ?? { kind: "text", text: reading.printed };
};
