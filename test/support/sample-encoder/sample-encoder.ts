/** Installs the sample encoder, a tiny generated model for tests, into a model folder like any other model. */
import { join } from "node:path";
import { InternalError } from "../../../src/errors.ts";
import { CALIBRATION_FILE } from "../../../models/embedding/calibration.ts";
import type { CalibrationFile } from "../../../models/embedding/calibration.ts";
import { ensureModelFolder, writeSynced } from "../../../models/embedding/fresh-folder.ts";
import { verifyModel } from "../../../models/embedding/installed-models.ts";
import type { InstalledModel } from "../../../models/embedding/installed-models.ts";
import { vectorKeyOf } from "../../../models/embedding/manifest.ts";
import { MANIFEST_FILE } from "../../../models/embedding/model-folder.ts";
import { generatedSample } from "./manifest.ts";
import { buildSampleFiles, sha256Of } from "./build-sample.ts";

const VECTOR_KEY = vectorKeyOf(generatedSample);

/** Set by hand from the cosine percentiles of painted pictures; see docs/decisions/0004-embedding-models.md. */
const CALIBRATION: CalibrationFile = {
  vectorKey: VECTOR_KEY,
  id: `${VECTOR_KEY}/painted-1`,
  scale: Math.exp(generatedSample.score.logitScale),
  bias: generatedSample.score.logitBias,
  noMatchBelow: 0.25,
  goodFrom: 0.45,
};

/** Fills a fresh folder. @throws InternalError when this machine generates other bytes than the manifest names */
const fill = async (directory: string): Promise<void> => {
  const built = buildSampleFiles();
  for (const { path, sha256 } of generatedSample.files) {
    const bytes = built[path];
    if (sha256Of(bytes) !== sha256) {
      throw new InternalError(`expected sha256 ${sha256} for the generated ${path}, received ${sha256Of(bytes)}`, {
        hint: "The generator of the sample encoder changed: pin its new hashes in manifest.ts beside it.",
      });
    }
    await writeSynced(join(directory, path), bytes);
  }
  await writeSynced(join(directory, CALIBRATION_FILE), `${JSON.stringify(CALIBRATION, undefined, 2)}\n`);
  await writeSynced(join(directory, MANIFEST_FILE), `${JSON.stringify(generatedSample, undefined, 2)}\n`);
  await verifyModel(directory);
};

/** Generates `<modelDir>/generated-sample/<revision>/` unless it is there and intact. */
export const ensureSampleEncoder = (modelDir: string): Promise<InstalledModel> =>
  ensureModelFolder(join(modelDir, generatedSample.id, generatedSample.revision), fill);
