/** `--quality high`: the larger installed variant of the model in use. */
import type { InstalledModel } from "../../models/embedding/installed-models.ts";
import { listInstalledModels, openInstalledModel } from "../../models/embedding/installed-models.ts";
import { largerVariantOf } from "../../models/embedding/manifests.ts";

export type LargerModel =
  | { readonly model: InstalledModel }
  /** Why there is none and what to do about it, full sentences. */
  | { readonly model: undefined; readonly reason: string };

/** Of several installed precisions the one of the model in use comes first. */
export const findLargerModel = async (modelDir: string, { manifest }: InstalledModel): Promise<LargerModel> => {
  const { id: inUse, variant } = manifest;
  const larger = largerVariantOf(inUse);
  if (larger === undefined) {
    return { model: undefined, reason: `There is no larger variant of ${inUse}: --quality high uses it as it is.` };
  }
  const installed = await listInstalledModels(modelDir);
  const candidates = installed.filter(
    ({ id, state }) => id === larger && (state === "verified" || state === "unverified"),
  );
  const usable = candidates.find((status) => status.manifest?.variant === variant) ?? candidates[0];
  if (usable !== undefined) return { model: await openInstalledModel(usable.directory) };
  return {
    model: undefined,
    reason: `--quality high takes ${larger}, which is not installed: ${inUse} is used. Run "photon models download ${larger}" to install it.`,
  };
};
