/** Settings: one schema, four sources (defaults < config.toml < environment < flags). */
export type { FlagValue, LoadConfigOptions, LoadedConfig } from "./config/load.ts";
export { configFilePath, loadConfig, shownValue } from "./config/load.ts";
export { nearestName } from "./config/nearest.ts";
export type { Config, ConfigField, ConfigKey } from "./config/schema.ts";
export { configFields, environmentName, environmentNames, PHOTO_EXTENSIONS, sectionOf } from "./config/schema.ts";
export type { SendField } from "./config/llm-sections.ts";
export { SEND_FIELDS } from "./config/llm-sections.ts";
export { KEY_VARIABLES } from "./config/provider-sections.ts";
export type { ProviderId } from "./config/provider-sections.ts";
export { PROVIDER_IDS } from "./config/provider-sections.ts";
export type { KindSection, RootSettings } from "./config/enrichment-sections.ts";
export type { Environment } from "./config/sources.ts";
export { describeSource } from "./config/sources.ts";
export { acceptedValues, showValue, valueOfText, wantsList } from "./config/values.ts";
export { DEFAULT_DATA_DIRECTORY } from "./config/folders.ts";
export { configTemplate, writeConfigFile } from "./config/write.ts";
