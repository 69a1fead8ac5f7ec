/**
 * Models on disk: a folder each (model-folder.ts) with manifest.json, the manifest's files and verified.json. A model
 * counts as installed only after its hashes were checked; start-up then compares sizes and times, a difference hashes
 * again.
 */
import { readFile, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { ConfigError, NotFoundError, PhotonError, systemCode } from "../../src/errors.ts";
import { writeFileAtomically } from "./atomic-file.ts";
import { CALIBRATION_FILE, calibrationFileSchema, priorCalibration } from "./calibration.ts";
import type { ScoreCalibration } from "./encoder.ts";
import { hashFile, hashMismatch } from "./file-hash.ts";
import type { ModelFile, ModelManifest } from "./manifest.ts";
import { parseManifest, vectorKeyOf } from "./manifest.ts";
import { isFolderOf, MANIFEST_FILE, readDownloadMarker, readSelfTest, VERIFIED_FILE } from "./model-folder.ts";

export interface InstalledModel {
  readonly manifest: ModelManifest;
  /** Absolute folder of this revision. */
  readonly directory: string;
  readonly vectorKey: string;
  readonly calibration: ScoreCalibration;
}

/**
 * verified: hashes were checked. partial: the download is not finished, files are missing or of another size. damaged: a
 * hash or the manifest is wrong, or the self-test failed.
 */
export type InstalledState = "verified" | "unverified" | "partial" | "damaged";

export interface InstalledModelStatus {
  readonly id: string;
  readonly revision: string;
  readonly directory: string;
  readonly state: InstalledState;
  /** Undefined when the manifest cannot be read. */
  readonly manifest?: ModelManifest;
  /** As the manifest, the folder or the unfinished download says. */
  readonly variant?: string | undefined;
  /** Sum over the manifest's files. */
  readonly bytes: number;
  /** Why the model is not usable, a full sentence. */
  readonly problem?: string;
}

const verifiedSchema = z.object({
  files: z.array(z.object({ path: z.string(), bytes: z.number(), mtimeMs: z.number(), sha256: z.string() })),
  /** Milliseconds since the epoch. */
  time: z.number(),
});
type Verified = z.output<typeof verifiedSchema>;
export type VerifiedFile = Verified["files"][number];

const readIfPresent = async (path: string): Promise<string | undefined> => {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // not JSON: the schema that looks at it next says so
  }
};

const readManifest = async (directory: string): Promise<ModelManifest> => {
  const path = join(directory, MANIFEST_FILE);
  const text = await readIfPresent(path);
  if (text === undefined) {
    throw new NotFoundError(`expected a model manifest at ${path}, received no file`, {
      hint: "Run `photon models list` to see which models are installed.",
    });
  }
  return parseManifest(parseJson(text), path);
};

const readVerified = async (directory: string): Promise<Verified | undefined> => {
  const text = await readIfPresent(join(directory, VERIFIED_FILE));
  return text === undefined ? undefined : verifiedSchema.safeParse(parseJson(text)).data;
};

const readCalibration = async (directory: string, manifest: ModelManifest): Promise<ScoreCalibration> => {
  const text = await readIfPresent(join(directory, CALIBRATION_FILE));
  const fit = text === undefined ? undefined : calibrationFileSchema.safeParse(parseJson(text)).data;
  return fit?.vectorKey === vectorKeyOf(manifest) ? fit : priorCalibration(manifest);
};

const damaged = (directory: string, reason: string): ConfigError =>
  new ConfigError(`expected an intact model in ${directory}, received ${reason}`, {
    hint: "Run `photon models list` to see the state of each model and install this one again.",
  });

/** @throws ConfigError when the file is missing, has another size or another hash */
export const verifyFile = async (directory: string, file: ModelFile): Promise<VerifiedFile> => {
  const path = join(directory, file.path);
  const facts = await stat(path).catch(() => undefined); // missing and unreadable are the same to the user here
  if (facts?.size !== file.bytes) {
    throw damaged(directory, `${file.path} of ${facts?.size ?? 0} bytes instead of ${file.bytes}`);
  }
  const actual = await hashFile(path);
  const difference = hashMismatch(file, actual);
  if (difference !== undefined) {
    const { algorithm, expected, received } = difference;
    throw damaged(directory, `${file.path} with ${algorithm} ${received} instead of ${expected}`);
  }
  return { path: file.path, bytes: facts.size, mtimeMs: facts.mtimeMs, sha256: actual.sha256 };
};

/** Writes down that the files of a folder were checked. */
export const recordVerified = async (directory: string, files: readonly VerifiedFile[]): Promise<void> => {
  const verified: Verified = { files: [...files], time: Date.now() };
  await writeFileAtomically(join(directory, VERIFIED_FILE), `${JSON.stringify(verified, undefined, 2)}\n`);
};

/** Hashes every file and records the result. @throws ConfigError on the first file that is not the manifest's. */
export const verifyModel = async (directory: string): Promise<ModelManifest> => {
  const manifest = await readManifest(directory);
  const files: VerifiedFile[] = [];
  for (const file of manifest.files) files.push(await verifyFile(directory, file));
  await recordVerified(directory, files);
  return manifest;
};

const isUnchanged = async (directory: string, file: ModelFile, verified: Verified): Promise<boolean> => {
  const known = verified.files.find((candidate) => candidate.path === file.path);
  const facts = await stat(join(directory, file.path)).catch(() => undefined); // missing counts as changed
  return (
    known !== undefined &&
    facts?.size === file.bytes &&
    facts.mtimeMs === known.mtimeMs &&
    (file.sha256 ?? known.sha256) === known.sha256
  );
};

const UNFINISHED = "The download is not finished.";

/** Why a folder with sound files still may not be used; undefined when it may. */
const reservationAgainst = async (directory: string): Promise<string | undefined> => {
  if ((await readDownloadMarker(directory)) !== undefined) return UNFINISHED;
  const selfTest = await readSelfTest(directory);
  return selfTest?.passed === false ? `Its self-test failed: ${selfTest.problems.join(" ")}` : undefined;
};

/** `openInstalledModel` for what judges the model itself: it asks neither for an unfinished download nor the self-test. */
export const openModelFolder = async (directory: string): Promise<InstalledModel> => {
  const manifest = await readManifest(directory);
  const verified = await readVerified(directory);
  const unchanged =
    verified === undefined
      ? [false]
      : await Promise.all(manifest.files.map((file) => isUnchanged(directory, file, verified)));
  if (unchanged.includes(false)) await verifyModel(directory);
  return asInstalled(directory, manifest);
};

const asInstalled = async (directory: string, manifest: ModelManifest): Promise<InstalledModel> => ({
  manifest,
  directory,
  vectorKey: vectorKeyOf(manifest),
  calibration: await readCalibration(directory, manifest),
});

/**
 * Opens a folder that photon does not write into: nothing is recorded, so every file is hashed each time.
 * @throws ConfigError when a file is not what the manifest says, NotFoundError without a manifest
 */
export const openReadOnlyModel = async (directory: string): Promise<InstalledModel> => {
  const manifest = await readManifest(directory);
  for (const file of manifest.files) await verifyFile(directory, file);
  return asInstalled(directory, manifest);
};

/**
 * Opens a model folder. Files that changed since their hashes were checked are hashed again.
 * @throws ConfigError when a file is not what the manifest says or the model may not be used, NotFoundError without a
 * manifest
 */
export const openInstalledModel = async (directory: string): Promise<InstalledModel> => {
  await refuseReserved(directory);
  return openModelFolder(directory);
};

/** @throws ConfigError when the model in this folder may not be used; a folder that is not there is passed */
export const refuseReserved = async (directory: string): Promise<void> => {
  const reservation = await reservationAgainst(directory);
  if (reservation === undefined) return;
  throw new ConfigError(`expected a usable model in ${directory}, received one that is not: ${reservation}`, {
    hint: "Run `photon models download` for it again, or `photon models verify --deep` after an update of photon.",
  });
};

const subfolders = async (directory: string): Promise<readonly string[]> => {
  try {
    const entries = await readdir(directory, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
      .map((entry) => entry.name)
      .toSorted();
  } catch (error) {
    if (systemCode(error) === "ENOENT") return [];
    throw error;
  }
};

const statusOf = async (modelDir: string, id: string, name: string): Promise<InstalledModelStatus> => {
  const directory = join(modelDir, id, name);
  const [revision = name, variant] = name.split("-");
  const unfinished = await readDownloadMarker(directory);
  if (unfinished !== undefined) {
    const { bytes } = unfinished;
    return { id, revision, directory, state: "partial", variant: unfinished.variant, bytes, problem: UNFINISHED };
  }
  try {
    const manifest = await readManifest(directory);
    const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
    const status = { id, revision, directory, manifest, variant: manifest.variant, bytes };
    if (manifest.id !== id || !isFolderOf(name, manifest)) {
      const problem = `The manifest belongs to ${manifest.id} ${manifest.revision}, not to this folder.`;
      return { ...status, state: "damaged", problem };
    }
    const sizes = await Promise.all(
      manifest.files.map((file) => stat(join(directory, file.path)).catch(() => undefined)),
    );
    const wrong = manifest.files.filter((file, index) => sizes[index]?.size !== file.bytes);
    if (wrong.length > 0) {
      const names = wrong.map((file) => file.path).join(", ");
      return { ...status, state: "partial", problem: `Missing or of another size: ${names}.` };
    }
    const reservation = await reservationAgainst(directory);
    if (reservation !== undefined) return { ...status, state: "damaged", problem: reservation };
    const verified = await readVerified(directory);
    const unchanged = await Promise.all(
      manifest.files.map(async (file) => verified !== undefined && (await isUnchanged(directory, file, verified))),
    );
    return { ...status, state: unchanged.includes(false) ? "unverified" : "verified" };
  } catch (error) {
    if (!(error instanceof PhotonError)) throw error;
    return { id, revision, directory, state: "damaged", variant, bytes: 0, problem: error.message };
  }
};

/** Every model folder with its state; no file is hashed. */
export const listInstalledModels = async (modelDir: string): Promise<readonly InstalledModelStatus[]> => {
  const statuses: InstalledModelStatus[] = [];
  for (const id of await subfolders(modelDir)) {
    for (const name of await subfolders(join(modelDir, id))) statuses.push(await statusOf(modelDir, id, name));
  }
  return statuses;
};
