/** Installs the sample encoder, so that demo and tests search by content without any download. */
import { randomUUID } from "node:crypto";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { InternalError, PhotonError, systemCode } from "../../../src/errors.ts";
import { CALIBRATION_FILE } from "../calibration.ts";
import type { CalibrationFile } from "../calibration.ts";
import { openInstalledModel, verifyModel } from "../installed-models.ts";
import type { InstalledModel } from "../installed-models.ts";
import { vectorKeyOf } from "../manifest.ts";
import { MANIFEST_FILE } from "../model-folder.ts";
import { generatedSample } from "../manifests/generated-sample.ts";
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

const tryOpen = async (directory: string): Promise<InstalledModel | undefined> => {
  try {
    return await openInstalledModel(directory);
  } catch (error) {
    if (error instanceof PhotonError) return undefined; // missing or damaged: it is made again
    throw error;
  }
};

const writeSynced = async (path: string, content: string | Uint8Array): Promise<void> => {
  await using file = await open(path, "wx");
  await file.writeFile(content);
  await file.sync();
};

/** Fills a fresh folder. @throws InternalError when this machine generates other bytes than the manifest names */
const fill = async (directory: string): Promise<void> => {
  const built = buildSampleFiles();
  for (const { path, sha256 } of generatedSample.files) {
    const bytes = built[path];
    if (sha256Of(bytes) !== sha256) {
      throw new InternalError(`expected sha256 ${sha256} for the generated ${path}, received ${sha256Of(bytes)}`, {
        hint: "The generator of the sample encoder changed: pin its new hashes in manifests/generated-sample.ts.",
      });
    }
    await writeSynced(join(directory, path), bytes);
  }
  await writeSynced(join(directory, CALIBRATION_FILE), `${JSON.stringify(CALIBRATION, undefined, 2)}\n`);
  await writeSynced(join(directory, MANIFEST_FILE), `${JSON.stringify(generatedSample, undefined, 2)}\n`);
  await verifyModel(directory);
};

/**
 * Generates `<modelDir>/generated-sample/<revision>/` unless it is there and intact. Safe to call from several processes
 * at once: the folder appears by one rename.
 */
export const ensureSampleEncoder = async (modelDir: string): Promise<InstalledModel> => {
  const home = join(modelDir, generatedSample.id);
  const directory = join(home, generatedSample.revision);
  const present = await tryOpen(directory);
  if (present !== undefined) return present;
  const fresh = join(home, `.new-${randomUUID()}`);
  await mkdir(fresh, { recursive: true });
  try {
    await fill(fresh);
    await moveIntoPlace(fresh, directory);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  return openInstalledModel(directory);
};

const TAKEN = new Set(["EEXIST", "ENOTEMPTY", "EPERM", "EACCES"]);

/** Another process may have been faster, or a damaged folder is in the way. */
const moveIntoPlace = async (fresh: string, directory: string): Promise<void> => {
  try {
    await rename(fresh, directory);
  } catch (error) {
    if (!TAKEN.has(systemCode(error) ?? "")) throw error;
    if ((await tryOpen(directory)) !== undefined) return;
    await rm(directory, { recursive: true, force: true });
    await rename(fresh, directory);
  }
};
