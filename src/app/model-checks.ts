/** Checks of installed models, and their removal. */
import { rename, rm, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { lockDownload } from "../../models/embedding/download/download-lock.ts";
import type { Judge, JudgeReport } from "../../models/embedding/download/judge-model.ts";
import { judgeModel } from "../../models/embedding/download/judge-model.ts";
import type { InstalledModelStatus, VerifiedFile } from "../../models/embedding/installed-models.ts";
import { BUILT_IN_MODEL_ID, ensureBuiltInIsThere } from "../../models/embedding/built-in-model.ts";
import { listInstalledModels, recordVerified, verifyFile } from "../../models/embedding/installed-models.ts";
import { vectorKeyOf } from "../../models/embedding/manifest.ts";
import type { VectorKey } from "../catalogue/library-repository.ts";
import { systemClock } from "../clock.ts";
import { ConfigError, InvalidInputError, NotFoundError, systemCode } from "../errors.ts";
import type { ModelApi, RemoveAccess, VerifiedModel, VerifyRequest } from "./model-api.ts";

export interface ModelChecksDeps {
  readonly modelDir: string;
  /** Keys this library knows; none without a library. */
  readonly vectorKeys: () => Promise<readonly Pick<VectorKey, "vectorKey" | "state">[]>;
  readonly judge: Judge;
}

const setAside = async (path: string): Promise<boolean> => {
  try {
    await rename(path, `${path}.bad`);
    return true;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return false;
    throw error;
  }
};

interface FileCheck {
  readonly verified: readonly VerifiedFile[];
  readonly problems: readonly string[];
  readonly setAside: readonly string[];
}

const checkFiles = async ({ directory, manifest }: InstalledModelStatus, signal: AbortSignal): Promise<FileCheck> => {
  const verified: VerifiedFile[] = [];
  const problems: string[] = [];
  const aside: string[] = [];
  for (const file of manifest?.files ?? []) {
    signal.throwIfAborted();
    try {
      verified.push(await verifyFile(directory, file));
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.push(error.message);
      if (await setAside(join(directory, file.path))) aside.push(file.path);
    }
  }
  return { verified, problems, setAside: aside };
};

const checkModel = async (
  status: InstalledModelStatus,
  { deep, signal }: VerifyRequest,
  judge: Judge,
): Promise<VerifiedModel> => {
  const { id, variant, directory, manifest, state, problem } = status;
  const result = (
    problems: readonly string[],
    { aside = [], selfTest }: { readonly aside?: readonly string[]; readonly selfTest?: JudgeReport } = {},
  ): VerifiedModel => ({
    id,
    variant,
    directory,
    ok: problems.length === 0,
    problems,
    setAside: aside,
    checks: selfTest?.checks ?? [],
    millisecondsPerImage: selfTest?.millisecondsPerImage,
  });
  if (manifest === undefined) return result([problem ?? `The manifest of ${id} cannot be read.`]);
  const files = await checkFiles(status, signal);
  if (files.problems.length > 0) return result(files.problems, { aside: files.setAside });
  await recordVerified(directory, files.verified);
  if (deep) {
    const selfTest = await judgeModel(directory, judge, signal);
    return result(selfTest.problems, { selfTest });
  }
  return result(state === "damaged" && problem !== undefined ? [problem] : []);
};

const ofModel = (
  statuses: readonly InstalledModelStatus[],
  id: string | undefined,
): readonly InstalledModelStatus[] => {
  const chosen = statuses.filter((status) => id === undefined || status.id === id);
  if (chosen.length > 0 || id === undefined) return chosen;
  throw new NotFoundError(`Expected an installed model for ID, received ${id}.`, {
    hint: "Run `photon models list` to see which models are installed.",
  });
};

const IN_USE: Readonly<Partial<Record<VectorKey["state"], string>>> = {
  active: "This library is searched with it: run `photon models use <other model>` first and let it finish.",
  building: "This library is changing to it: let that finish, or end it with `photon models use --cancel`.",
  ready: "This library is changing to it: let that finish, or end it with `photon models use --cancel`.",
};

const refuseInUse = (
  id: string,
  chosen: readonly InstalledModelStatus[],
  keys: readonly Pick<VectorKey, "vectorKey" | "state">[],
): void => {
  const own = new Set(chosen.flatMap(({ manifest }) => (manifest === undefined ? [] : [vectorKeyOf(manifest)])));
  const hint = keys.filter(({ vectorKey }) => own.has(vectorKey)).flatMap(({ state }) => IN_USE[state] ?? [])[0];
  if (hint === undefined) return;
  throw new InvalidInputError(`Expected a model that is not in use for ID, received ${id}.`, { hint });
};

const refuseBuiltIn = (id: string): void => {
  if (id !== BUILT_IN_MODEL_ID) return;
  throw new InvalidInputError(`Expected a model that was downloaded for ID, received ${id}.`, {
    hint: "It comes with photon, which goes back to it when no other model is installed.",
  });
};

/** Not while a download fills it. */
const removeFolder = async (directory: string, { signal, onNote }: RemoveAccess): Promise<void> => {
  const onWait = (): void => onNote("Another photon is downloading this model; waiting for it.");
  {
    await using _lock = await lockDownload(directory, { clock: systemClock, signal, onWait });
    await rm(directory, { recursive: true, force: true });
  }
  await removeIfEmpty(dirname(directory));
};

const removeIfEmpty = async (folder: string): Promise<void> => {
  try {
    await rmdir(folder);
  } catch (error) {
    if (!["ENOTEMPTY", "EEXIST", "ENOENT"].includes(systemCode(error) ?? "")) throw error;
  }
};

export const createModelChecks = ({
  modelDir,
  vectorKeys,
  judge,
}: ModelChecksDeps): Pick<ModelApi, "verifyModels" | "removeModel"> => ({
  verifyModels: async (request) => {
    const results: VerifiedModel[] = [];
    await ensureBuiltInIsThere(modelDir);
    for (const status of ofModel(await listInstalledModels(modelDir), request.id)) {
      request.onModel(status.id);
      results.push(await checkModel(status, request, judge));
    }
    return results;
  },
  removeModel: async (id, precision, access) => {
    refuseBuiltIn(id);
    const chosen = ofModel(await listInstalledModels(modelDir), id).filter(
      ({ variant }) => precision === undefined || variant === precision,
    );
    if (chosen.length === 0) {
      throw new NotFoundError(`Expected an installed ${precision} of ${id}, received none.`, {
        hint: "Run `photon models list` to see which precisions are installed.",
      });
    }
    refuseInUse(id, chosen, await vectorKeys());
    for (const { directory } of chosen) await removeFolder(directory, access);
    return chosen.map(({ directory, bytes }) => ({ directory, bytes }));
  },
});
