/** The administrative commands on a library: status, quarantine, forgetting, index reports. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { PhotoFiles, QuarantinedFile } from "../catalogue/administration-repository.ts";
import type { Clock } from "../clock.ts";
import { DAY } from "../clock.ts";
import { SCHEMA_VERSION } from "../catalogue/migrations.ts";
import { NotFoundError } from "../errors.ts";
import type { RenditionStore } from "../photo/rendition-store.ts";
import type { PhotoSource } from "../photo/types.ts";
import type { ProcessOutcome } from "../pipeline/outcome.ts";
import type {
  ActiveModel,
  AdministrationApi,
  ForgetPlan,
  IndexReport,
  LibraryOverview,
  LibraryStatus,
  QuarantineEntry,
  QuarantineRetry,
} from "./administration.ts";
import type { VectorIndexStatus } from "../vectors/types.ts";
import { readWatchStatus } from "./watch-status.ts";

const SHORT_ID_DIGITS = 12;
const HASH_PREFIX = /^[0-9a-f]{12,64}$/;
const MAX_CANDIDATES = 5;

export interface LibraryFolders {
  readonly data: string;
  readonly catalogue: string;
  readonly vectors: string;
  readonly renditions: string;
  readonly models: string;
}

export interface LibraryAdministrationDeps {
  readonly catalogue: () => Promise<Catalogue>;
  readonly folders: LibraryFolders;
  readonly renditions: RenditionStore;
  readonly clock: Clock;
  readonly activeModel: () => Promise<ActiveModel | undefined>;
  readonly indexStatus: () => Promise<VectorIndexStatus>;
  readonly committerHolder: () => Promise<string | undefined>;
  /** Marks were left: the index is to be written before the command ends. */
  readonly settleIndex: (signal: AbortSignal) => Promise<void>;
  readonly rebuildIndex: (options: Parameters<AdministrationApi["rebuildIndex"]>[0]) => Promise<void>;
  readonly processAgain: (sources: AsyncIterable<PhotoSource>, signal: AbortSignal) => AsyncIterable<ProcessOutcome>;
  readonly workingDirectory: string;
  /** After so many days a photo that is missing may be removed. */
  readonly tombstoneDays: number;
}

export type LibraryAdministration = Pick<
  AdministrationApi,
  | "status"
  | "overview"
  | "roleHolders"
  | "watchStatus"
  | "indexReport"
  | "rebuildIndex"
  | "quarantined"
  | "retryQuarantined"
  | "planForget"
  | "planForgetMissing"
  | "forget"
  | "undoForget"
>;

/** Bytes of all files below a folder; 0 when it is not there. */
export const bytesBelow = async (folder: string): Promise<number> => {
  let bytes = 0;
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []); // not there yet
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const found = await stat(join(entry.parentPath, entry.name)).catch(() => undefined); // removed meanwhile
    bytes += found?.size ?? 0;
  }
  return bytes;
};

const catalogueBytes = async (path: string): Promise<number> => {
  const sizes = await Promise.all(
    ["", "-wal", "-shm"].map(async (suffix) => (await stat(path + suffix).catch(() => undefined))?.size ?? 0), // optional files
  );
  return sizes.reduce((sum, size) => sum + size, 0);
};

const readOverview = async (deps: LibraryAdministrationDeps): Promise<LibraryOverview> => {
  const catalogue = await deps.catalogue();
  const count = await catalogue.administration.count();
  return {
    schemaVersion: SCHEMA_VERSION,
    photos: count.photos,
    files: count.filesByState.present ?? 0,
    filesByState: count.filesByState,
    forgotten: count.forgotten,
    roots: count.roots,
    model: await deps.activeModel(),
    watching: await readWatchStatus(catalogue, deps.clock.now()),
    pending: { files: count.filesByState.pending ?? 0, index: await catalogue.index.countMarks() },
  };
};

const readStatus = async (deps: LibraryAdministrationDeps): Promise<LibraryStatus> => {
  const { folders } = deps;
  return {
    ...(await readOverview(deps)),
    dataDirectory: folders.data,
    bytes: {
      catalogue: await catalogueBytes(folders.catalogue),
      vectors: await bytesBelow(folders.vectors),
      renditions: await bytesBelow(folders.renditions),
      models: await bytesBelow(folders.models),
    },
  };
};

const readIndexReport = async (deps: LibraryAdministrationDeps): Promise<IndexReport> => {
  const catalogue = await deps.catalogue();
  return {
    tables: [{ ...(await deps.indexStatus()), active: true }],
    photosInCatalogue: (await catalogue.administration.count()).photos,
    pending: await catalogue.index.countMarks(),
    committer: await deps.committerHolder(),
  };
};

const entryOf = ({ path, code, message, tries, since }: QuarantinedFile): QuarantineEntry => ({
  path: path.toString("utf8"),
  id: undefined,
  code,
  message,
  stage: undefined,
  tries,
  since,
});

const sourceOf = ({ path, rootPath }: QuarantinedFile): PhotoSource => ({
  displayPath: path.toString("utf8"),
  absolutePath: path,
  rootPath,
});

async function* sourcesOf(files: readonly QuarantinedFile[]): AsyncGenerator<PhotoSource> {
  for (const file of files) yield await Promise.resolve(sourceOf(file));
}

const retry = async (
  deps: LibraryAdministrationDeps,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<QuarantineRetry> => {
  const { administration } = await deps.catalogue();
  const all = await administration.quarantined();
  const wanted = new Set(paths);
  const unknown = paths.find((path) => !all.some((file) => file.path.toString("utf8") === path));
  if (unknown !== undefined) {
    throw new NotFoundError(`Expected a quarantined file, received "${unknown}".`, {
      hint: "Run `photon quarantine list` to see the quarantined files.",
    });
  }
  const chosen = paths.length === 0 ? all : all.filter((file) => wanted.has(file.path.toString("utf8")));
  let recovered = 0;
  for await (const outcome of deps.processAgain(sourcesOf(chosen), signal)) {
    if (outcome.status !== "failed") recovered += 1;
  }
  await deps.settleIndex(signal);
  const still = new Set(chosen.map(({ fileId }) => fileId));
  const failed = (await administration.quarantined()).filter(({ fileId }) => still.has(fileId)).map(entryOf);
  return { tried: chosen.length, recovered, failed };
};

const photosOfTarget = async ({ administration, search }: Catalogue, target: string, path: string) => {
  const atPath = await administration.photosAt(path);
  if (atPath.length > 0) return atPath;
  if (!HASH_PREFIX.test(target)) return [];
  const hashes = await search.hashesWithPrefix(target, MAX_CANDIDATES);
  if (hashes.length <= 1) return administration.photosByHash(hashes);
  throw new NotFoundError(`The id "${target}" stands for several photos: ${hashes.join(", ")}.`, {
    hint: "Give more digits of the one you mean.",
  });
};

const planOf = async ({ administration }: Catalogue, photos: readonly PhotoFiles[]): Promise<ForgetPlan> => {
  const attached = await administration.countAttached(photos.map(({ contentHash }) => contentHash));
  return {
    photos: photos.map(({ contentHash, paths }) => ({
      id: contentHash.slice(0, SHORT_ID_DIGITS),
      contentHash,
      paths,
    })),
    files: photos.reduce((sum, { paths }) => sum + paths.length, 0),
    ...attached,
  };
};

const planForgetMissing = async (deps: LibraryAdministrationDeps): Promise<ForgetPlan> => {
  const catalogue = await deps.catalogue();
  const before = deps.clock.now() - deps.tombstoneDays * DAY;
  return planOf(catalogue, await catalogue.administration.photosMissingSince(before));
};

const planForget = async (deps: LibraryAdministrationDeps, targets: readonly string[]): Promise<ForgetPlan> => {
  const catalogue = await deps.catalogue();
  const chosen = new Map<string, PhotoFiles>();
  for (const target of targets) {
    const path = join(target.startsWith("/") ? "" : deps.workingDirectory, target);
    const photos = await photosOfTarget(catalogue, target, path);
    if (photos.length === 0) {
      throw new NotFoundError(`Expected the id or path of a photo in the library, received "${target}".`, {
        hint: "Run `photon search` to find ids; a path must be one that the library knows.",
      });
    }
    for (const photo of photos) chosen.set(photo.contentHash, photo);
  }
  return planOf(catalogue, [...chosen.values()]);
};

const forget = async (deps: LibraryAdministrationDeps, plan: ForgetPlan): Promise<void> => {
  const { administration } = await deps.catalogue();
  const hashes = plan.photos.map(({ contentHash }) => contentHash);
  await administration.forget(hashes);
  await Promise.all(hashes.map((hash) => deps.renditions.remove(hash)));
  await deps.settleIndex(new AbortController().signal);
};

export const createLibraryAdministration = (deps: LibraryAdministrationDeps): LibraryAdministration => ({
  status: () => readStatus(deps),
  overview: () => readOverview(deps),
  roleHolders: async (roles) => {
    const { leases } = await deps.catalogue();
    const holders = await Promise.all(roles.map(async (role) => [role, (await leases.holder(role))?.owner] as const));
    return Object.fromEntries(holders.filter((pair): pair is [string, string] => pair[1] !== undefined));
  },
  watchStatus: async () => readWatchStatus(await deps.catalogue(), deps.clock.now()),
  indexReport: () => readIndexReport(deps),
  rebuildIndex: async (options) => {
    await deps.rebuildIndex(options);
    return readIndexReport(deps);
  },
  quarantined: async (limit) => (await (await deps.catalogue()).administration.quarantined(limit)).map(entryOf),
  retryQuarantined: (paths, { signal }) => retry(deps, paths, signal),
  planForget: (targets) => planForget(deps, targets),
  planForgetMissing: () => planForgetMissing(deps),
  forget: (plan) => forget(deps, plan),
  undoForget: async (targets) => {
    const wrong = targets.find((target) => !HASH_PREFIX.test(target));
    if (wrong !== undefined) {
      throw new NotFoundError(`Expected the id of a forgotten photo, received "${wrong}".`, {
        hint: "Ids have 12 or more digits 0-9 a-f, as `photon forget` printed them.",
      });
    }
    return (await deps.catalogue()).administration.undoForget(targets);
  },
});
