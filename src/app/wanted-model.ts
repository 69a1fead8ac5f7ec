/** Models that people name, in a command or a setting. */
import { BUILT_IN_MODEL_ID } from "../../models/embedding/built-in-model.ts";
import type { InstalledModel } from "../../models/embedding/installed-models.ts";
import { listInstalledModels } from "../../models/embedding/installed-models.ts";
import { recipes } from "../../models/embedding/recipes.ts";
import { nearestName } from "../config.ts";
import { NotFoundError } from "../errors.ts";

const LIST_HINT = "Run `photon models list` to see every model.";

/** @param installed ids of what lies in the models folder */
export const notInstalledHint = (id: string, installed: readonly string[]): string => {
  const known: readonly string[] = recipes.map((recipe) => recipe.id);
  if (known.includes(id)) return `Run \`photon models download ${id}\` to install it. ${LIST_HINT}`;
  const ids = [...new Set([...known, ...installed, BUILT_IN_MODEL_ID])];
  const nearest = nearestName(id, ids) ?? (id === "" ? undefined : ids.find((candidate) => candidate.startsWith(id)));
  return nearest === undefined || nearest === id ? LIST_HINT : `Did you mean ${nearest}? ${LIST_HINT}`;
};

/**
 * @param name what the person set: an argument or a key of the config
 * @throws NotFoundError that says how the model is had
 */
export const explainingAbsence = async (
  { modelDir, id, name }: { readonly modelDir: string; readonly id: string; readonly name: string },
  resolve: (modelDir: string, id: string) => Promise<InstalledModel>,
): Promise<InstalledModel> => {
  try {
    return await resolve(modelDir, id);
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    const installed = (await listInstalledModels(modelDir)).map((status) => status.id);
    throw new NotFoundError(`Expected an installed model for ${name}, received ${id}.`, {
      cause: error,
      hint: notInstalledHint(id, installed),
    });
  }
};
