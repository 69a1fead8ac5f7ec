/** photon as a library: the application on one photo library, its settings and its errors. */
export type { Photon, PhotonOptions } from "./app.ts";
export { createPhoton } from "./app.ts";
export type { Config, LoadConfigOptions, LoadedConfig } from "./config.ts";
export { loadConfig } from "./config.ts";
export type { ErrorReport } from "./errors.ts";
export {
  ConfigError,
  errorReport,
  InternalError,
  InvalidInputError,
  NotFoundError,
  PhotonError,
  StorageError,
  UnreadablePhotoError,
} from "./errors.ts";
export type { Logger } from "./logger.ts";
export { createLogger } from "./logger.ts";
export { discover } from "./library/discover.ts";
export type { ProcessOptions, ProcessOutcome, ProcessSettings } from "./pipeline/outcome.ts";
export type { SearchReply, SearchRequest } from "./search/types.ts";
