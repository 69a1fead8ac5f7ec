/** Folders of this platform and how paths of settings are resolved. */
import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import envPaths from "env-paths";
import type { ConfigKey } from "./schema.ts";

const platformFolders = envPaths("photon", { suffix: "" });

export const DEFAULT_DATA_DIRECTORY = platformFolders.data;
export const DEFAULT_CONFIG_FILE = join(platformFolders.config, "config.toml");

/** `~/x` is in the home folder; a relative path starts at `base`. */
export const absolutePath = (path: string, base: string): string => {
  if (path === "~" || /^~[/\\]/.test(path)) return join(homedir(), path.slice(1));
  return isAbsolute(path) ? path : resolve(base, path);
};

/** Folders whose default depends on the machine or on general.data_dir; undefined for every other key. */
export const defaultFolder = (key: ConfigKey, dataDirectory: string): string | undefined => {
  if (key === "general.data_dir") return DEFAULT_DATA_DIRECTORY;
  if (key === "general.model_dir") return join(dataDirectory, "models");
  return key === "tagging.vocabulary.dir" ? join(dataDirectory, "vocabulary") : undefined;
};
