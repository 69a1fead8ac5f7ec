/**
 * The model that comes with photon. Its files are copied from the package into `<model_dir>/<id>/` when a library first
 * uses it, so the library stays searchable with the revision its vectors were made with after an update of photon. What
 * keeps no vectors uses the files of the package where they are.
 */
import { existsSync } from "node:fs";
import { mkdir, readFile, readdir } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { InternalError, isDiskFull, StorageError, systemCode } from "../../src/errors.ts";
import { namingFullDisk, writeFileAtomically } from "./atomic-file.ts";
import { ensureModelFolder, writeSynced } from "./fresh-folder.ts";
import type { InstalledModel } from "./installed-models.ts";
import { openInstalledModel, openReadOnlyModel, refuseReserved, verifyModel } from "./installed-models.ts";
import type { ModelManifest } from "./manifest.ts";
import { parseManifest, vectorKeyOf } from "./manifest.ts";
import { folderNameOf, MANIFEST_FILE } from "./model-folder.ts";
import { assetPath } from "./package-root.ts";

export const BUILT_IN_MODEL_ID = "photon-mini";

/** Where its files are in the package. */
export const builtInSource = (): string => assetPath("models/photon-mini/weights");

/** @throws InternalError when the package is not whole */
export const readBuiltInManifest = async (): Promise<ModelManifest> => {
  const path = join(builtInSource(), MANIFEST_FILE);
  try {
    return parseManifest(JSON.parse(await readFile(path, "utf8")), path);
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw error;
    throw new InternalError(`Expected the model that comes with photon at ${path}, received no file.`, {
      cause: error,
      hint: "This installation of photon is not whole: install it again.",
    });
  }
};

export const builtInFolder = (modelDir: string, manifest: ModelManifest): string =>
  join(modelDir, manifest.id, folderNameOf(manifest));

/** Relative paths of everything that comes with the model: its files, manifest, calibrations, label banks. */
const sourceFiles = async (source: string): Promise<readonly string[]> =>
  (await readdir(source, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => relative(source, join(entry.parentPath, entry.name)))
    .toSorted();

const copyAll = async (source: string, fresh: string): Promise<void> => {
  for (const path of await sourceFiles(source)) {
    const target = join(fresh, path);
    await mkdir(dirname(target), { recursive: true });
    await writeSynced(target, await readFile(join(source, path)));
  }
  await verifyModel(fresh);
};

/** The revision covers the model's own files; what was measured with them may be newer in the package. */
const renewMeasurements = async (source: string, directory: string, { files }: ModelManifest): Promise<void> => {
  const own = new Set(files.map(({ path }) => path));
  for (const path of (await sourceFiles(source)).filter((name) => !own.has(name))) {
    const [wanted, target] = [await readFile(join(source, path)), join(directory, path)];
    if (existsSync(target) && wanted.equals(await readFile(target))) continue;
    await mkdir(dirname(target), { recursive: true });
    await writeFileAtomically(target, wanted);
  }
};

const NOT_WRITABLE = new Set(["EACCES", "EPERM", "EROFS", "ENOTDIR"]);

const namingFolder = (modelDir: string, error: unknown): unknown =>
  NOT_WRITABLE.has(systemCode(error) ?? "")
    ? new StorageError(`Expected a folder for models that can be written, received ${modelDir}.`, {
        cause: error,
        hint: `${BUILT_IN_MODEL_ID}, which comes with photon, is copied there. Allow writing there, or set general.model_dir to another folder.`,
      })
    : isDiskFull(error)
      ? namingFullDisk(modelDir, error)
      : error;

/**
 * Copies the built-in model unless it is there and intact. Safe to call from several processes at once.
 * @throws ConfigError when a file of the package is not what its manifest says or the model failed its self-test,
 * StorageError when the folder cannot be written
 */
export const ensureBuiltInModel = async (modelDir: string): Promise<InstalledModel> => {
  const manifest = await readBuiltInManifest();
  const source = builtInSource();
  const directory = builtInFolder(modelDir, manifest);
  try {
    await ensureModelFolder(directory, (fresh) => copyAll(source, fresh));
    await renewMeasurements(source, directory, manifest);
  } catch (error) {
    throw namingFolder(modelDir, error);
  }
  return openInstalledModel(directory);
};

/**
 * For what keeps no vectors: opens the model in the package, writes nothing and needs no folder for models.
 * @throws ConfigError when a file of the package is not what its manifest says or the self-test of a copy failed,
 * InternalError when the package is not whole
 */
export const openBuiltInModel = async (modelDir: string): Promise<InstalledModel> => {
  await refuseReserved(builtInFolder(modelDir, await readBuiltInManifest()));
  return openReadOnlyModel(builtInSource());
};

/** A damaged copy stays as it is: whoever checks models wants to see it. */
export const ensureBuiltInIsThere = async (modelDir: string): Promise<void> => {
  if (!existsSync(builtInFolder(modelDir, await readBuiltInManifest()))) await ensureBuiltInModel(modelDir);
};

export const isBuiltInKey = async (vectorKey: string): Promise<boolean> =>
  vectorKey === vectorKeyOf(await readBuiltInManifest());
