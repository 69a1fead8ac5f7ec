/** The application on a library that a test has filled by itself. */
import type { Photon } from "../../src/app.ts";
import { createPhoton } from "../../src/app.ts";
import type { Clock } from "../../src/clock.ts";
import { systemClock } from "../../src/clock.ts";
import { loadConfig } from "../../src/config.ts";
import { silentLogger } from "../../src/logger.ts";

interface OpenedLibrary {
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** The caller closes it. */
export const openPhoton = ({ folder, environment }: OpenedLibrary, clock: Clock = systemClock): Photon => {
  const { config } = loadConfig({ environment, workingDirectory: folder });
  return createPhoton(config, { logger: silentLogger, clock, workingDirectory: folder });
};
