/** Changing the model of this library: see library/model-change.ts for what it promises, model-migration.ts for how. */
import type { InstalledModel, InstalledModelStatus } from "../../models/embedding/installed-models.ts";
import { listInstalledModels, openInstalledModel } from "../../models/embedding/installed-models.ts";
import type { ModelVariant } from "../../models/embedding/manifest.ts";
import { AUTO_ORDER, isBasicModel } from "../../models/embedding/manifests.ts";
import { resolveModel } from "../../models/embedding/resolve-model.ts";
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { VectorKey } from "../catalogue/library-repository.ts";
import { MILLISECOND, SECOND } from "../clock.ts";
import { isAbort, NotFoundError, StorageError } from "../errors.ts";
import type {
  ChangeModelOptions,
  ModelChangeApi,
  ModelChangeReport,
  ModelChangeStatus,
  WantedModel,
} from "../library/model-change.ts";
import type { ProcessApi } from "../pipeline/outcome.ts";
import type { HeldLease } from "./hold-role.ts";
import { holdRole } from "./hold-role.ts";
import { planChange, planFirst, refuseSmallDisk } from "./model-change-plan.ts";
import type { MigrationDeps } from "./model-migration.ts";
import { ModelMigration } from "./model-migration.ts";
import { listRetired, pruneRetired } from "./model-prune.ts";
import { explainingAbsence } from "./wanted-model.ts";

const ROLE = "model-change";
/** Another process is changing the model: wait this long for it. */
const FOLLOW_TIMEOUT_MS = 30 * SECOND;
const FOLLOW_POLL_MS = 250 * MILLISECOND;

export interface ModelChangeDeps extends Omit<MigrationDeps, "catalogue"> {
  readonly catalogue: () => Promise<Catalogue>;
  /** False before the first photo: questions then make no library. */
  readonly hasLibrary: () => boolean;
  /** What follows from vectors of the model in use: tags, calibration. */
  readonly afterSwitch: (options: Pick<ChangeModelOptions, "signal" | "onProgress">) => Promise<void>;
}

export interface ModelChange extends ModelChangeApi {
  /** A run of `process` that began with one model and ends with another in use embeds what the old one left out. */
  readonly followModel: (process: ProcessApi["process"]) => ProcessApi["process"];
}

const takeRole = async ({ leases }: Catalogue, { logger }: ModelChangeDeps): Promise<HeldLease> => {
  const held = await holdRole(leases, ROLE, logger);
  if (held !== undefined) return held;
  const [host = "another host", pid = "?"] = (await leases.holder(ROLE))?.owner.split("|") ?? [];
  throw new StorageError(`Another photon process (${host}:${pid}) is changing the model of this library.`, {
    retryable: true,
    hint: "Run `photon status` to see how far it is, or `photon models use --cancel` to end it.",
  });
};

/** Precisions of one model are models of their own: vectors are comparable within one only. */
const installedModel = async (deps: ModelChangeDeps, { id, precision }: WantedModel): Promise<InstalledModel> => {
  const modelDir = deps.config.general.model_dir;
  const active = deps.hasLibrary() ? await (await deps.catalogue()).library.activeVectorKey() : undefined;
  if (precision !== undefined) return installedPrecision(modelDir, id, precision);
  // An update of photon may have brought other weights of the built-in model.
  const inUse = active?.modelId === id && !isBasicModel(id) ? await deps.installedOf(active) : undefined;
  return inUse ?? explainingAbsence({ modelDir, id, name: "ID" }, resolveModel);
};

const installedPrecision = async (modelDir: string, id: string, precision: ModelVariant): Promise<InstalledModel> => {
  const status = (await listInstalledModels(modelDir)).find(
    (candidate) => candidate.id === id && candidate.manifest?.variant === precision,
  );
  if (status !== undefined) return openInstalledModel(status.directory);
  throw new NotFoundError(`Expected an installed ${precision} of ${id}, received none.`, {
    hint: `Run \`photon models list\` to see which precisions are installed, or \`photon models download ${id} --precision ${precision}\` to install this one.`,
  });
};

const statusOf = async (catalogue: Catalogue): Promise<ModelChangeStatus | undefined> => {
  const key = (await catalogue.vectorKeys.list()).find(({ state }) => state === "building" || state === "ready");
  if (key === undefined) return undefined;
  const { photos } = await catalogue.administration.count();
  const missing = (await catalogue.vectorKeys.withoutVector(key.vectorKey)).length;
  const running = (await catalogue.leases.holder(ROLE)) !== undefined;
  const done = Math.max(0, photos - missing);
  const speed = key.photosPerSecond;
  return {
    modelId: key.modelId,
    vectorKey: key.vectorKey,
    done,
    total: photos,
    percent: photos === 0 ? 100 : Math.floor((done * 100) / photos),
    running,
    secondsLeft: running && speed !== undefined && speed > 0 ? missing / speed : undefined,
  };
};

/** Installed, checked, and before the model in use in the order of preference. What the user added is the user's choice. */
export const betterThan = (
  activeId: string,
  installed: readonly Pick<InstalledModelStatus, "id" | "state">[],
): string | undefined => {
  const order: readonly string[] = AUTO_ORDER;
  const better = order.slice(0, Math.max(0, order.indexOf(activeId)));
  return better.find((id) => installed.some((status) => status.id === id && status.state === "verified"));
};

const openedDeps = async (deps: ModelChangeDeps): Promise<MigrationDeps> => ({
  ...deps,
  catalogue: await deps.catalogue(),
});

/** The process that changes the model may embed these photos too: then there is nothing left to do. */
const embedWithActive = async (deps: ModelChangeDeps, active: VectorKey, signal: AbortSignal): Promise<void> => {
  const model = await deps.installedOf(active);
  if (model === undefined) return;
  const migration = await openedDeps(deps);
  const { leases, vectorKeys } = migration.catalogue;
  const deadline = deps.clock.now() + FOLLOW_TIMEOUT_MS;
  while ((await vectorKeys.withoutVector(active.vectorKey)).length > 0) {
    await using held = await holdRole(leases, ROLE, deps.logger);
    if (held !== undefined) {
      const report = await new ModelMigration(migration, model, held.lease, { signal }).fill();
      deps.index.notify();
      if (report.notEmbedded.length > 0) {
        deps.logger.warn(`${report.notEmbedded.length} photos could not be embedded with ${active.modelId}.`);
      }
      return;
    }
    if (deps.clock.now() >= deadline) {
      deps.logger.warn(`Run "photon models use ${active.modelId}" later to embed what this run added.`);
      return;
    }
    await deps.clock.sleep(FOLLOW_POLL_MS, signal);
  }
};

const createFollowModel =
  (deps: ModelChangeDeps): ModelChange["followModel"] =>
  (process) =>
    async function* follow(sources, settings, options) {
      const before =
        options.store && deps.hasLibrary() ? await (await deps.catalogue()).library.activeVectorKey() : undefined;
      yield* process(sources, settings, options);
      if (before === undefined || !settings.embedding || options.signal.aborted) return;
      const active = await (await deps.catalogue()).library.activeVectorKey();
      if (active === undefined || active.vectorKey === before.vectorKey) return;
      deps.logger.info(`The library uses the model ${active.modelId} by now: photos of this run are embedded with it.`);
      await embedWithActive(deps, active, options.signal);
    };

export const createModelChange = (deps: ModelChangeDeps): ModelChange => {
  const { config, clock, logger, hasLibrary } = deps;
  const opened = (): Promise<MigrationDeps> => openedDeps(deps);

  /** The library has switched: what does not work now is told and can be made up for. */
  const derive = async (options: ChangeModelOptions): Promise<void> => {
    try {
      await deps.afterSwitch(options);
    } catch (error) {
      if (isAbort(error)) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      logger.warn(`The tags were not computed anew: ${reason} Run "photon retag" to try again.`);
    }
  };

  const changeModel: ModelChangeApi["changeModel"] = async (wanted, options): Promise<ModelChangeReport> => {
    const startedAt = clock.now();
    const model = await installedModel(deps, wanted);
    const migration = await opened();
    refuseSmallDisk(await planChange(migration, model, { signal: options.signal, measure: false }));
    await using held = await takeRole(migration.catalogue, deps);
    const active = await migration.catalogue.library.activeVectorKey();
    const report = await new ModelMigration(migration, model, held.lease, options).run(active);
    await derive(options);
    return { ...report, seconds: (clock.now() - startedAt) / SECOND };
  };

  return {
    followModel: createFollowModel(deps),
    changeModel,
    planModelChange: async (wanted, { signal }) =>
      hasLibrary()
        ? planChange(await opened(), await installedModel(deps, wanted), { signal, measure: true })
        : planFirst(await installedModel(deps, wanted), config.general.data_dir),
    cancelModelChange: async () => {
      if (!hasLibrary()) return [];
      const { vectorKeys } = await deps.catalogue();
      const ended = new Set(await vectorKeys.stopBuilding());
      return (await vectorKeys.list())
        .filter(({ vectorKey }) => ended.has(vectorKey))
        .map(({ modelId, vectorKey }) => ({ modelId, vectorKey }));
    },
    modelChange: async () => (hasLibrary() ? statusOf(await deps.catalogue()) : undefined),
    betterModel: async () => {
      const active = hasLibrary() ? await (await deps.catalogue()).library.activeVectorKey() : undefined;
      return active === undefined
        ? undefined
        : betterThan(active.modelId, await listInstalledModels(config.general.model_dir));
    },
    retiredModels: async () =>
      hasLibrary() ? listRetired({ catalogue: await deps.catalogue(), dataDir: config.general.data_dir, logger }) : [],
    pruneModels: async ({ signal }) => {
      const catalogue = await deps.catalogue();
      await using _held = await takeRole(catalogue, deps);
      return pruneRetired({ catalogue, dataDir: config.general.data_dir, logger }, signal);
    },
  };
};
