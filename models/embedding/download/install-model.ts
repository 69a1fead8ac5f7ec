/**
 * A planned download becomes an installed model.
 *
 *     lock > space > marker > files > manifest > hashes written down > self-test > marker removed
 *
 * Until the marker is gone the folder counts as unfinished, whatever lies in it; a run that was cut short continues with
 * the files and the part it finds. One that failed before the first byte leaves nothing.
 */
import { mkdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { systemCode } from "../../../src/errors.ts";
import { writeFileAtomically } from "../atomic-file.ts";
import { hashFile, hashMismatch } from "../file-hash.ts";
import type { VerifiedFile } from "../installed-models.ts";
import { listInstalledModels, recordVerified } from "../installed-models.ts";
import type { ModelManifest } from "../manifest.ts";
import { DOWNLOAD_FILE, MANIFEST_FILE, VERIFIED_FILE } from "../model-folder.ts";
import type { DownloadMarker } from "../model-folder.ts";
import type { RecipePins } from "../model-recipe.ts";
import { completeManifest } from "../model-recipe.ts";
import { checkDiskSpace } from "./disk-space.ts";
import { DownloadError } from "./download-error.ts";
import type { DownloadDeps, FetchedFile } from "./download-file.ts";
import { lockDownload } from "./download-lock.ts";
import type { DownloadPlan, PlannedFile } from "./download-plan.ts";
import type { ModelSource } from "./file-source.ts";
import { fetchFile } from "./file-source.ts";
import type { Judge } from "./judge-model.ts";
import { judgeModel } from "./judge-model.ts";
import { removeIfNothingCame } from "./nothing-came.ts";

export interface InstallProgress {
  readonly file: string;
  readonly fileBytes: number;
  /** Undefined while nobody knows. */
  readonly fileTotal: number | undefined;
  readonly bytes: number;
  readonly total: number;
}

export interface InstallWatch {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: InstallProgress) => void;
  /** One sentence: what is waited for, what is tried again and why. */
  readonly onNote: (message: string) => void;
}

export interface InstallDeps extends DownloadDeps {
  readonly modelDir: string;
  readonly source: ModelSource;
  /** Names and shapes as the graphs have them; for models whose manifest is made from their files. */
  readonly adjust?: (manifest: ModelManifest, directory: string) => Promise<ModelManifest>;
  /** The self-test. */
  readonly judge: Judge;
}

export type InstallOutcome = "installed" | "already installed";

const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;

/** Hashes of a file that is here; undefined when it is not, or is another one, which is set aside. */
const findPresent = async (
  directory: string,
  file: PlannedFile,
  signal: AbortSignal,
): Promise<FetchedFile | undefined> => {
  const path = join(directory, file.path);
  try {
    const { size: bytes } = await stat(path);
    const hashes = await hashFile(path, signal);
    const isWanted = bytes === (file.bytes ?? bytes) && hashMismatch(file, hashes) === undefined;
    if (isWanted) return { bytes, ...hashes };
    await rename(path, `${path}.bad`);
    return undefined;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
};

const isInstalled = async (plan: DownloadPlan, modelDir: string): Promise<boolean> =>
  (await listInstalledModels(modelDir)).some(
    ({ directory, state }) => directory === plan.directory && state === "verified",
  );

const fetchAll = async (
  plan: DownloadPlan,
  deps: InstallDeps,
  watch: InstallWatch,
): Promise<ReadonlyMap<string, FetchedFile>> => {
  const fetched = new Map<string, FetchedFile>();
  let before = 0;
  for (const file of plan.files) {
    const onBytes = (bytes: number): void =>
      watch.onProgress({
        file: file.path,
        fileBytes: bytes,
        fileTotal: file.bytes,
        bytes: before + bytes,
        total: plan.totalBytes,
      });
    const { signal, onNote: onRetry } = watch;
    const found =
      (await findPresent(plan.directory, file, signal)) ??
      (await fetchFile(file, { plan, source: deps.source, deps }, { signal, onBytes, onRetry }));
    onBytes(found.bytes);
    before += found.bytes;
    fetched.set(file.path, found);
  }
  return fetched;
};

const verifiedFiles = async (
  directory: string,
  manifest: ModelManifest,
  fetched: ReadonlyMap<string, FetchedFile>,
): Promise<readonly VerifiedFile[]> =>
  Promise.all(
    manifest.files.map(async ({ path }) => {
      const { size: bytes, mtimeMs } = await stat(join(directory, path));
      return { path, bytes, mtimeMs, sha256: fetched.get(path)?.sha256 ?? "" };
    }),
  );

const pinsOf = ({ revision, score }: DownloadPlan, fetched: ReadonlyMap<string, FetchedFile>): RecipePins => ({
  revision,
  score,
  files: Object.fromEntries(fetched),
});

const install = async (plan: DownloadPlan, deps: InstallDeps, watch: InstallWatch): Promise<void> => {
  const { recipe, variant, directory, totalBytes: bytes } = plan;
  await checkDiskSpace(directory, plan.remainingBytes);
  await mkdir(directory, { recursive: true });
  const marker: DownloadMarker = { variant, bytes };
  await writeFileAtomically(join(directory, DOWNLOAD_FILE), json(marker));
  await rm(join(directory, VERIFIED_FILE), { force: true });
  const fetched = await fetchAll(plan, deps, watch).catch(async (failure: unknown) => {
    await removeIfNothingCame(directory).catch(() => undefined); // why the download failed is what people have to know
    throw failure;
  });
  const drafted = completeManifest(recipe, variant, pinsOf(plan, fetched));
  const manifest = (await deps.adjust?.(drafted, directory)) ?? drafted;
  await writeFileAtomically(join(directory, MANIFEST_FILE), json(manifest));
  await recordVerified(directory, await verifiedFiles(directory, manifest, fetched));
  const { problems } = await judgeModel(directory, deps.judge, watch.signal);
  await rm(join(directory, DOWNLOAD_FILE), { force: true });
  if (problems.length > 0) {
    throw new DownloadError("self_test", `${manifest.id} does not do what it should here: ${problems.join(" ")}`, {
      hint: "It stays installed but is not used. Try another precision with --precision, and report this.",
      details: { problems },
    });
  }
};

/** @throws DownloadError, StorageError; what is here already stays for the next call */
export const installModel = async (
  plan: DownloadPlan,
  deps: InstallDeps,
  watch: InstallWatch,
): Promise<InstallOutcome> => {
  const { clock, modelDir } = deps;
  const { signal, onNote } = watch;
  const onWait = (): void => onNote(`Another photon is downloading ${plan.recipe.id}; waiting for it.`);
  await using _lock = await lockDownload(plan.directory, { clock, signal, onWait });
  if (await isInstalled(plan, modelDir)) return "already installed";
  await install(plan, deps, watch);
  return "installed";
};
