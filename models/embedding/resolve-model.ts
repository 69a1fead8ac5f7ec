/** Which model a setting means: one by its id, or the best usable one. */
import { ConfigError, NotFoundError } from "../../src/errors.ts";
import { BUILT_IN_MODEL_ID, ensureBuiltInModel, openBuiltInModel } from "./built-in-model.ts";
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

/** @param openBuiltIn where the built-in model is taken from when it is meant */
const resolveWith = async (
  modelDir: string,
  idOrAuto: string,
  openBuiltIn: (modelDir: string) => Promise<InstalledModel>,
): Promise<InstalledModel> => {
  if (idOrAuto === BUILT_IN_MODEL_ID) return openBuiltIn(modelDir);
  const installed = await listInstalledModels(modelDir);
  if (idOrAuto === "auto") {
    const better = BETTER_IDS.flatMap((id) => installed.filter((status) => status.id === id));
    return (await openFirstUsable(better)) ?? openBuiltIn(modelDir);
  }
  const named = installed.filter((status) => status.id === idOrAuto);
  const usable = await openFirstUsable(named);
  if (usable !== undefined) return usable;
  const first = named[0];
  if (first === undefined) {
    throw new NotFoundError(`Expected an installed model for ${idOrAuto}, received none in ${modelDir}.`, {
      hint: "Run `photon models list` to see which models are installed, and set embedding.model to one of them or to auto.",
    });
  }
  return openInstalledModel(first.directory);
};

/**
 * The model of a library: the built-in one is copied into `modelDir`.
 * @param idOrAuto a model id, or `auto` for the first verified model in the order of preference, at last the built-in one
 * @throws NotFoundError when the named model is not installed, ConfigError when its files are damaged, StorageError when
 * the built-in one cannot be copied into `modelDir`
 */
export const resolveModel = (modelDir: string, idOrAuto: string): Promise<InstalledModel> =>
  resolveWith(modelDir, idOrAuto, ensureBuiltInModel);

/** The same where no vectors are kept: nothing is written, the built-in model is used where the package has it. */
export const resolveModelInPlace = (modelDir: string, idOrAuto: string): Promise<InstalledModel> =>
  resolveWith(modelDir, idOrAuto, openBuiltInModel);
