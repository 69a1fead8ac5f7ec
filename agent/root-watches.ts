/** Watchers for the roots of a library, made of its parts. */
import type { ScanningApi } from "../src/app/scanning.ts";
import type { Catalogue } from "../src/catalogue/catalogue.ts";
import type { AddedRoot } from "../src/catalogue/root-repository.ts";
import type { WantedRootMode } from "../src/catalogue/schema.ts";
import type { Clock } from "../src/clock.ts";
import { MINUTE } from "../src/clock.ts";
import type { Config } from "../src/config.ts";
import type { Logger } from "../src/logger.ts";
import { DEFAULT_SETTLE_TIMES } from "./dirty-folders.ts";
import { createBareSource } from "./hints/bare-source.ts";
import type { CreateHintSource } from "./hints/hint-source.ts";
import { watcherRole, whileHolding } from "./role.ts";
import { createRootScans } from "./root-scans.ts";
import { RootSet } from "./root-set.ts";
import { RootWatch } from "./root-watch.ts";
import { chooseMode } from "./watch-mode.ts";

export interface RootWatchesDeps {
  readonly config: Config;
  readonly catalogue: Catalogue;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly scanning: ScanningApi;
  /** undefined = what suits this system. */
  readonly createSource: CreateHintSource | undefined;
  /** A scan has ended, or a root is watched in another way. */
  readonly onChange: () => void;
}

/** One handle covers a whole root where the system can do that; see docs/decisions/0015-watching.md. */
const hasRootHandles = (platform: NodeJS.Platform): boolean => platform === "darwin" || platform === "win32";

const defaultSource = (platform: NodeJS.Platform = process.platform): CreateHintSource =>
  createBareSource(hasRootHandles(platform) ? "root" : "folder");

/** The times of `[watch]`, in milliseconds. */
export const watchTimes = ({ watch: { debounce_ms: quietMs, rescan_minutes: rescan } }: Pick<Config, "watch">) => ({
  settle: { quietMs, longestMs: Math.max(quietMs, DEFAULT_SETTLE_TIMES.longestMs) },
  rescanMs: { events: rescan.events * MINUTE, timed: rescan.timed * MINUTE },
});

/** What the user wants of a root, by itself or by `watch.mode`. */
export const wantedMode = ({ mode }: Pick<AddedRoot, "mode">, { watch }: Pick<Config, "watch">): WantedRootMode =>
  mode === "auto" ? watch.mode : mode;

const createWatch = (deps: RootWatchesDeps, root: AddedRoot): RootWatch => {
  const { config, scanning, clock, logger, onChange, createSource = defaultSource() } = deps;
  return new RootWatch({
    path: root.path,
    scans: createRootScans(scanning, root.id),
    chooseMode: () => chooseMode({ wanted: wantedMode(root, config), fileSystem: root.identity?.fileSystem ?? "" }),
    createSource,
    ...watchTimes(config),
    clock,
    logger,
    onChange,
  });
};

export const createRootSet = (deps: RootWatchesDeps): RootSet => {
  const { catalogue, clock, logger } = deps;
  const { leases, roots } = catalogue;
  return new RootSet({
    roots: roots.added,
    createWatch: (root) => createWatch(deps, root),
    whileWatcher: (root, options) =>
      whileHolding({ leases, clock, logger }, { ...options, name: watcherRole(root.id) }),
    clock,
    logger,
  });
};
