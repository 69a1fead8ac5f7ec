/** `photon config show|path|init`. */
import { existsSync } from "node:fs";
import { z } from "zod";
import type { LoadedConfig } from "../../config.ts";
import {
  configFields,
  configFilePath,
  configTemplate,
  describeSource,
  environmentNames,
  shownValue,
  writeConfigFile,
} from "../../config.ts";
import { ConfigError } from "../../errors.ts";
import { defineCommand, EXIT, flag, jsonFlag } from "../command.ts";
import { formatTable } from "../terminal.ts";

const showJson = (loaded: LoadedConfig): string => {
  const settings = configFields.map((field) => {
    const { key } = field;
    const [variable = null] = environmentNames(field);
    // A setting without a value is still a setting.
    return [key, { value: shownValue(loaded, key) ?? null, source: describeSource(loaded.sources[key]), variable }];
  });
  const file = { path: loaded.path, exists: loaded.exists };
  return JSON.stringify(
    { file, settings: Object.fromEntries(settings) as unknown, warnings: loaded.warnings },
    null,
    2,
  );
};

export const configShowCommand = defineCommand({
  options: z.object({ json: jsonFlag }),
  details:
    "A value is taken from the first of: flag, environment variable, configuration file, default. Secrets are masked.",
  examples: [
    { command: "photon config show", does: "every setting with its source" },
    {
      command: "PHOTON_THUMBNAIL_SIZE=512 photon config show --json",
      does: "the same for programs, one value overridden",
    },
  ],
  async run({ json }, { loadedConfig, stdout }) {
    if (json) {
      await stdout.line(showJson(loadedConfig));
      return EXIT.done;
    }
    await stdout.line(`${loadedConfig.path}${loadedConfig.exists ? "" : " (not there, defaults hold)"}`);
    const rows = configFields.map(({ key }) => {
      const source = describeSource(loadedConfig.sources[key]).replace(`${loadedConfig.path} `, "file ");
      const value = shownValue(loadedConfig, key);
      return [key, stdout.style("dim", source), value === undefined ? "unset" : JSON.stringify(value)];
    });
    await stdout.write(formatTable(rows));
    return EXIT.done;
  },
});

export const configPathCommand = defineCommand({
  options: z.object({}),
  details: "Prints the path also when there is no file yet.",
  examples: [{ command: "photon config path", does: "the file that is read" }],
  async run(_options, { configLocation, stdout }) {
    await stdout.line(configFilePath(configLocation).path);
    return EXIT.done;
  },
});

export const configInitCommand = defineCommand({
  options: z.object({
    force: flag("--force", z.boolean().default(false), "Replace a file that is already there."),
  }),
  details: "Writes every setting with its description and default, commented out, readable by you alone.",
  examples: [
    { command: "photon config init", does: "a file in the usual place" },
    { command: "photon config init --config ./photon.toml", does: "a file elsewhere" },
  ],
  async run({ force }, { configLocation, stderr }) {
    const { path } = configFilePath(configLocation);
    if (existsSync(path) && !force) {
      throw new ConfigError(`The config file ${path} is already there.`, {
        hint: "Edit it, or replace it with `photon config init --force`.",
      });
    }
    await writeConfigFile(path, configTemplate());
    await stderr.line(`Wrote ${path}. Remove the # of a setting to change it.`);
    return EXIT.done;
  },
});
