/** Settings for a child process of a command: all of them as variables, so that none is read from a command line. */
import type { Environment } from "../config.ts";
import { configFields, environmentName, environmentNames } from "../config.ts";
import type { CommandContext } from "./command.ts";

const textOf = (value: unknown): string => (Array.isArray(value) ? value.map(String).join(",") : String(value));

const valueAt = (config: unknown, key: string): unknown =>
  key.split(".").reduce<unknown>((table, name) => (table as Readonly<Record<string, unknown>>)[name], config); // key exists

/**
 * The environment in which photon comes to the same settings without the flags of this command line. Keys are in it
 * where they were before.
 */
export const childEnvironment = ({
  environment,
  loadedConfig,
}: Pick<CommandContext, "environment" | "loadedConfig">): Environment => {
  const child: Record<string, string | undefined> = { ...environment };
  const { config, sources, path, exists } = loadedConfig;
  for (const field of configFields) {
    const { key } = field;
    const { kind } = sources[key];
    // What lost against a flag must not win in a process that has no flags.
    if (kind !== "environment") for (const name of environmentNames(field)) delete child[name];
    if (kind === "flag") child[environmentName(key)] = textOf(valueAt(config, key));
  }
  if (exists) child["PHOTON_CONFIG"] = path;
  return child;
};
