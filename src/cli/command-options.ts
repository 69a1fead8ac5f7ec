/** Between a command's schema and commander: declares its options, reads what was typed, validates it. */
import type { Command as Program } from "commander";
import { Argument, Option } from "commander";
import type { z } from "zod";
import type { FlagValue } from "../config.ts";
import { acceptedValues, showValue, valueOfText, wantsList } from "../config.ts";
import { InvalidInputError } from "../errors.ts";
import type { Command, OptionUse } from "./command.ts";
import { optionUses } from "./command.ts";
import { unmark } from "./dash-words.ts";

interface Field {
  readonly name: string;
  readonly schema: z.ZodType;
  readonly use: OptionUse;
}

export interface TypedOptions {
  /** By field name, only what was typed. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Flags that override settings. */
  readonly configFlags: readonly FlagValue[];
}

const fieldsOf = (command: Command): readonly Field[] =>
  Object.entries(command.options.shape as Readonly<Record<string, z.ZodType>>).map(([name, schema]) => {
    const use = optionUses.get(schema);
    if (use === undefined) throw new TypeError(`Option ${name} was not made by flag() or argument().`);
    return { name, schema, use };
  });

/** `--[no-]name` makes both directions, on one line of the help. */
const directions = (flags: string, description: string | undefined): readonly Option[] => {
  const positive = new Option(flags.replace("[no-]", ""), description);
  if (!flags.includes("[no-]")) return [positive];
  positive.flags = flags;
  return [positive, new Option(flags.replace("[no-]", "no-")).hideHelp()];
};

const optionsOf = ({ schema, use }: Field): readonly Option[] => {
  if (use.kind !== "flag") return [];
  const options = directions(use.flags, schema.description);
  const { check } = use;
  if (check !== undefined) {
    for (const option of options) {
      option.argParser((text: string) => {
        check(text);
        return text;
      });
    }
  }
  for (const option of options.filter(({ variadic }) => wantsList(schema) && !variadic)) {
    option.argParser((text: string, earlier: readonly string[] | undefined) => [...(earlier ?? []), text]);
  }
  return options;
};

/** Adds every flag and argument of `command` to `program`. */
export const addOptions = (program: Program, command: Command): void => {
  for (const field of fieldsOf(command)) {
    if (field.use.kind === "argument") program.addArgument(new Argument(field.use.usage, field.schema.description));
    for (const option of optionsOf(field)) program.addOption(option);
  }
};

/** What was typed, as the value the schema wants. */
const readValue = (schema: z.ZodType, given: unknown): unknown => {
  if (typeof given === "string") return valueOfText(schema, unmark(given));
  return Array.isArray(given) ? given.map((item) => (typeof item === "string" ? unmark(item) : item)) : given;
};

interface TypedFlag {
  readonly flag: string;
  readonly given: unknown;
  /** Typed without the value that it may have: it says nothing about a setting. */
  readonly isBare?: boolean;
}

const typedFlags = (program: Program, field: Field): readonly TypedFlag[] =>
  optionsOf(field).flatMap((option) => {
    const name = option.attributeName();
    const given: unknown = program.getOptionValue(name);
    const isTyped = program.getOptionValueSource(name) === "cli" && option.negate === (given === false);
    return isTyped ? [{ flag: option.long ?? name, given, isBare: option.optional && given === true }] : [];
  });

/** Reads a parsed program back into the fields of the command. */
export const typedOptions = (program: Program, command: Command): TypedOptions => {
  const values: Record<string, unknown> = {};
  const configFlags: FlagValue[] = [];
  const positional: unknown[] = [...(program.processedArgs as readonly unknown[])];
  for (const field of fieldsOf(command)) {
    const typed: readonly TypedFlag[] =
      field.use.kind === "argument" ? [{ flag: "", given: positional.shift() }] : typedFlags(program, field);
    for (const { flag, given, isBare = false } of typed) {
      if (given !== undefined) values[field.name] = readValue(field.schema, given);
      if (field.use.kind === "flag" && field.use.config !== undefined && !isBare) {
        configFlags.push({ key: field.use.config, flag, value: given });
      }
    }
  }
  return { values, configFlags };
};

const spelling = (use: OptionUse): string =>
  use.kind === "argument" ? use.usage.replaceAll(/[<>[\].]/g, "") : (/--[\w[\]-]+/.exec(use.flags)?.[0] ?? use.flags);

/** @throws InvalidInputError that says what each refused option takes */
export const validateOptions = (
  command: Command,
  values: TypedOptions["values"],
  hint: string,
): Readonly<Record<string, unknown>> => {
  const parsed = command.options.safeParse(values);
  if (parsed.success) return parsed.data;
  const fields = fieldsOf(command);
  const lines = parsed.error.issues.map((issue) => {
    const field = fields.find(({ name }) => name === issue.path[0]);
    if (field === undefined || issue.code === "custom") return issue.message;
    const accepted = acceptedValues(field.schema);
    return `Expected ${accepted} for ${spelling(field.use)}, received ${showValue(values[field.name])}.`;
  });
  throw new InvalidInputError([...new Set(lines)].join("\n"), { hint });
};
