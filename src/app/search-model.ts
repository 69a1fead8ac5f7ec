/** The library's model as search uses it: known without loading anything, encoders made at the first query. */
import { isBasicModel } from "../../models/embedding/manifests.ts";
import { readPhotoFile } from "../pipeline/decode/read-photo-file.ts";
import { decodePhoto } from "../pipeline/decode/decode-photo.ts";
import type { InstalledModel } from "../../models/embedding/installed-models.ts";
import type { Clock } from "../clock.ts";
import { SECOND } from "../clock.ts";
import type { Config } from "../config.ts";
import { prepareModelInput } from "../photo/model-input.ts";
import { identifyFormat } from "../photo/sniff.ts";
import type { ModelInputSpec } from "../photo/types.ts";
import type { SearchModel } from "../search/types.ts";
import type { Inference } from "./inference.ts";
import type { LibraryModel } from "./library-model.ts";
import { decodeLimitsOf } from "./process-api.ts";

/** Pixels of a picture file as an encoder wants them. */
const readModelInput = async (
  path: string,
  modelInput: ModelInputSpec,
  config: Config,
  signal: AbortSignal,
): Promise<Uint8Array> => {
  const limits = decodeLimitsOf(config);
  const { bytes } = await readPhotoFile(Buffer.from(path), { limits, signal });
  const format = identifyFormat(bytes, path);
  const decoded = await decodePhoto(bytes, format, { needs: { thumbnailSize: 0, modelInput }, limits, signal });
  return prepareModelInput(decoded, modelInput);
};

interface SearchModelDeps {
  readonly config: Config;
  readonly model: Pick<LibraryModel, "activeKey" | "installedOf">;
  readonly inference: Inference;
  readonly clock: Clock;
}

/** Opening a model reads and compares a dozen files; what is done to them is noticed after this time. */
const KNOWN_FOR_MS = 5 * SECOND;

/** The installed model of the active key, opened once for many searches. */
const createInstalled = ({ model, clock }: SearchModelDeps) => {
  let known: { readonly installed: InstalledModel; readonly until: number } | undefined;
  return async (): Promise<InstalledModel | undefined> => {
    const active = await model.activeKey();
    if (active === undefined) return undefined;
    if (known?.installed.vectorKey === active.vectorKey && clock.now() < known.until) return known.installed;
    const installed = await model.installedOf(active);
    known = installed === undefined ? undefined : { installed, until: clock.now() + KNOWN_FOR_MS };
    return installed;
  };
};

export const createSearchModel = (deps: SearchModelDeps): (() => Promise<SearchModel | undefined>) => {
  const { config, inference } = deps;
  const installedModel = createInstalled(deps);
  return async () => {
    const installed = await installedModel();
    if (installed === undefined) return undefined;
    const { manifest, vectorKey, calibration } = installed;
    return {
      modelId: manifest.id,
      vectorKey,
      dimension: manifest.dimension,
      calibration,
      basic: isBasicModel(manifest.id),
      embedTexts: (texts, options) => inference.searchEncoderOf(installed).embedTexts(texts, options),
      embedFile: async (path, options) => {
        const encoder = inference.searchEncoderOf(installed);
        const signal = options?.signal ?? new AbortController().signal;
        return encoder.embedImage(await readModelInput(path, encoder.imageInput, config, signal), options);
      },
    };
  };
};
