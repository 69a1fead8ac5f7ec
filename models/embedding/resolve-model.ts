/** Which model a setting means: one by its id, or the best usable one. */
import { ConfigError, NotFoundError } from "../../src/errors.ts";
import { BUILT_IN_MODEL_ID, ensureBuiltInModel } from "./built-in-model.ts";
import type { InstalledModel, InstalledModelStatus, InstalledState } from "./installed-models.ts";
import { listInstalledModels, openInstalledModel } from "./installed-models.ts";
import { AUTO_ORDER } from "./manifests.ts";

/** Verified ones in order, then those whose files have to be hashed again; one that fails its hash is passed by. */
const openFirstUsable = async (candidates: readonly InstalledModelStatus[]): Promise<InstalledModel | undefined> => {
  const inState = (state: InstalledState): readonly InstalledModelStatus[] =>
    candidates.filter((candidate) => candidate.state === state);
  for (const candidate of [...inState("verified"), ...inState("unverified")]) {
    try {
      return await openInstalledModel(candidate.directory);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
    }
  }
  return undefined;
};

/** Preferred to the built-in model. */
const BETTER_IDS = AUTO_ORDER.slice(0, AUTO_ORDER.indexOf(BUILT_IN_MODEL_ID));

/**
 * @param idOrAuto a model id, or `auto` for the first verified model in the order of preference, at last the built-in one
 * @throws NotFoundError when the named model is not installed, ConfigError when its files are damaged, StorageError when
 * the built-in one cannot be copied into `modelDir`
 */
export const resolveModel = async (modelDir: string, idOrAuto: string): Promise<InstalledModel> => {
  if (idOrAuto === BUILT_IN_MODEL_ID) return ensureBuiltInModel(modelDir);
  const installed = await listInstalledModels(modelDir);
  if (idOrAuto === "auto") {
    const better = BETTER_IDS.flatMap((id) => installed.filter((status) => status.id === id));
    return (await openFirstUsable(better)) ?? ensureBuiltInModel(modelDir);
  }
  const named = installed.filter((status) => status.id === idOrAuto);
  const usable = await openFirstUsable(named);
  if (usable !== undefined) return usable;
  const first = named[0];
  if (first === undefined) {
    throw new NotFoundError(`expected an installed model for ${idOrAuto}, received none in ${modelDir}`, {
      hint: "Run `photon models list` to see which models are installed, and set embedding.model to one of them or to auto.",
    });
  }
  return openInstalledModel(first.directory);
};
