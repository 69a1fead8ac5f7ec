/** Which model a library uses: written down at its first write, found among the installed ones by its vector key. */
import type { InstalledModel } from "../../models/embedding/installed-models.ts";
import { ensureBuiltInModel, isBuiltInKey } from "../../models/embedding/built-in-model.ts";
import { listInstalledModels, openInstalledModel } from "../../models/embedding/installed-models.ts";
import { isBasicModel } from "../../models/embedding/manifests.ts";
import { resolveModel, resolveModelInPlace } from "../../models/embedding/resolve-model.ts";
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { VectorKey } from "../catalogue/library-repository.ts";
import type { Config } from "../config.ts";
import { ConfigError, NotFoundError } from "../errors.ts";
import type { ActiveModel } from "../library/administration.ts";
import type { Logger } from "../logger.ts";
import { once } from "./once.ts";
import { explainingAbsence } from "./wanted-model.ts";

export interface LibraryModelDeps {
  readonly config: Config;
  readonly logger: Logger;
  readonly catalogue: () => Promise<Catalogue>;
}

export interface LibraryModel {
  /** The key this library is searched with; undefined before its first write and without a model. */
  readonly activeKey: () => Promise<VectorKey | undefined>;
  readonly activeModel: () => Promise<ActiveModel | undefined>;
  /** Installed model of the active key; undefined when its files are gone. */
  readonly installed: () => Promise<InstalledModel | undefined>;
  /** Installed model of any key; undefined when its files are gone. */
  readonly installedOf: (key: VectorKey) => Promise<InstalledModel | undefined>;
  /** The same for writing: makes the configured model's key active when none is. */
  readonly forWriting: () => Promise<InstalledModel | undefined>;
  /** The configured model, without looking at the library or writing anything. */
  readonly configured: () => Promise<InstalledModel>;
}

/** An installed model whose files are whole and whose vectors are comparable with the key's. */
const findByKey = async (modelDir: string, { modelId, vectorKey }: VectorKey): Promise<InstalledModel | undefined> => {
  if (await isBuiltInKey(vectorKey)) return openUndamaged(() => ensureBuiltInModel(modelDir));
  for (const status of await listInstalledModels(modelDir)) {
    if (status.id !== modelId || status.state === "partial" || status.state === "damaged") continue;
    const model = await openUndamaged(() => openInstalledModel(status.directory));
    if (model?.vectorKey === vectorKey) return model;
  }
  return undefined;
};

/** A file that is not the manifest's is as good as gone; `photon doctor` and `models verify` tell what is wrong. */
const openUndamaged = async (open: () => Promise<InstalledModel>): Promise<InstalledModel | undefined> => {
  try {
    return await open();
  } catch (error) {
    if (error instanceof ConfigError || error instanceof NotFoundError) return undefined;
    throw error;
  }
};

const warnAboutActive = (
  logger: Logger,
  { modelId }: VectorKey,
  wanted: string,
  installed: InstalledModel | undefined,
): void => {
  if (installed === undefined) {
    logger.warn(
      `The files of this library's model ${modelId} are not installed: new photos get no vectors. Run "photon doctor".`,
    );
  } else if (wanted !== "auto" && wanted !== modelId) {
    logger.warn(
      `This library uses the model ${modelId}; embedding.model = "${wanted}" is for new libraries. Run "photon models use ${wanted}" to change it, or set embedding.model to auto.`,
    );
  }
};

export const createLibraryModel = ({ config, logger, catalogue }: LibraryModelDeps): LibraryModel => {
  const modelDir = config.general.model_dir;
  const wanted = { modelDir, id: config.embedding.model, name: "embedding.model" };
  const configured = once(() => explainingAbsence(wanted, resolveModelInPlace));
  const activeKey = async (): Promise<VectorKey | undefined> => (await catalogue()).library.activeVectorKey();

  /** The configured model becomes this library's, unless another process was faster with another one. */
  const activateFirst = async (): Promise<InstalledModel | undefined> => {
    const model = await explainingAbsence(wanted, resolveModel);
    const { id: modelId, dimension } = model.manifest;
    const { library } = await catalogue();
    const settled = await library.activateFirst({ vectorKey: model.vectorKey, modelId, dimension });
    return settled.vectorKey === model.vectorKey ? model : findByKey(modelDir, settled);
  };

  return {
    activeKey,
    configured,
    installedOf: (key) => findByKey(modelDir, key),
    installed: async () => {
      const active = await activeKey();
      return active === undefined ? undefined : findByKey(modelDir, active);
    },
    activeModel: async () => {
      const active = await activeKey();
      if (active === undefined) return undefined;
      const vectors = await (await catalogue()).administration.countVectors(active.vectorKey);
      const { modelId, vectorKey, dimension } = active;
      return { modelId, vectorKey, dimension, basic: isBasicModel(modelId), vectors };
    },
    forWriting: async () => {
      const active = await activeKey();
      if (active === undefined) return activateFirst();
      const installed = await findByKey(modelDir, active);
      warnAboutActive(logger, active, config.embedding.model, installed);
      return installed;
    },
  };
};
