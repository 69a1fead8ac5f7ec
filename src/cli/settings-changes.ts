/** Long work that takes up changes of the configuration file: it ends where it can, and goes on with the new settings. */
import { statSync } from "node:fs";
import type { Photon } from "../app.ts";
import type { Clock } from "../clock.ts";
import { SECOND, systemClock } from "../clock.ts";
import type { LoadedConfig } from "../config.ts";
import { configFilePath, loadConfig } from "../config.ts";
import { ConfigError } from "../errors.ts";
import type { CommandContext } from "./command.ts";

const LOOK_MS = 2 * SECOND;

/** Tells versions of a file apart without reading it. */
const stampOf = (path: string): string => {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? "" : `${found.ino} ${found.size} ${found.mtimeMs}`;
};

type Context = Pick<CommandContext, "configLocation" | "logger">;

interface Settings {
  readonly loaded: LoadedConfig;
  /** Of the file before it was read: a change meanwhile is seen. */
  readonly stamp: string;
}

/** After the next change of the file that can be read; undefined = the signal aborted. */
const nextSettings = async (
  { configLocation, logger }: Context,
  { path, before, clock }: { readonly path: string; readonly before: string; readonly clock: Clock },
  signal: AbortSignal,
): Promise<Settings | undefined> => {
  let known = before;
  for (;;) {
    await clock.sleep(LOOK_MS, signal).catch(() => undefined); // the end: seen in the next line
    if (signal.aborted) return undefined;
    const stamp = stampOf(path);
    if (stamp === known) continue;
    known = stamp;
    try {
      return { loaded: loadConfig(configLocation), stamp };
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      logger.warn("The changed configuration cannot be used; the work goes on with the one before.", {
        reason: error.message,
      });
    }
  }
};

export interface SettingsWork {
  /** Begins nothing new when `drain` aborts, and resolves when what it has begun has ended. */
  readonly work: (photon: Photon, drain: AbortSignal) => Promise<void>;
  readonly open: (config: LoadedConfig["config"]) => Promise<Photon>;
  readonly clock?: Clock;
}

/** Resolves when `work` has ended by itself. */
export const workWithCurrentSettings = async (
  context: Context & Pick<CommandContext, "loadedConfig">,
  { work, open, clock = systemClock }: SettingsWork,
): Promise<void> => {
  const { path } = configFilePath(context.configLocation);
  let current: Settings | undefined = { stamp: stampOf(path), loaded: context.loadedConfig };
  while (current !== undefined) {
    const { loaded, stamp }: Settings = current;
    const [drain, over] = [new AbortController(), new AbortController()];
    const changing = nextSettings(context, { path, before: stamp, clock }, over.signal);
    changing.then(
      (next) => next === undefined || drain.abort(),
      () => drain.abort(), // thrown below
    );
    try {
      await using photon = await open(loaded.config);
      await work(photon, drain.signal);
    } finally {
      over.abort();
    }
    current = await changing;
    if (current !== undefined) context.logger.info("The configuration has changed; the work goes on with the new one.");
  }
};
