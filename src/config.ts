/** Settings: one schema, four sources (defaults < config.toml < environment < flags). */
export type { FlagValue, LoadConfigOptions, LoadedConfig } from "./config/load.ts";
export { configFilePath, loadConfig, shownValue } from "./config/load.ts";
export { nearestName } from "./config/nearest.ts";
export type { Config, ConfigField, ConfigKey } from "./config/schema.ts";
export { configFields, environmentName, PHOTO_EXTENSIONS } from "./config/schema.ts";
export type { Environment } from "./config/sources.ts";
export { describeSource } from "./config/sources.ts";
export { acceptedValues, showValue, valueOfText, wantsList } from "./config/values.ts";
export { configTemplate, writeConfigFile } from "./config/write.ts";
