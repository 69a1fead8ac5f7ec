/** Libraries with two small random models of different dimensions, and runs on them. */
import { join } from "node:path";
import type { InstalledModel } from "../../models/embedding/installed-models.ts";
import type { Photon } from "../../src/app.ts";
import type { ModelChangeReport } from "../../src/library/model-change.ts";
import type { ProcessOutcome } from "../../src/pipeline/outcome.ts";
import { installRandomEncoder, TINY_VIT } from "./encoders.ts";
import type { TestLibrary } from "./library.ts";
import { createTestLibrary } from "./library.ts";
import { sourcesOf, temporaryFolder, writePhotos } from "./photos.ts";

export interface ModelLibrary extends TestLibrary {
  readonly modelDir: string;
  /** The one that `embedding.model` names. */
  readonly first: InstalledModel;
  readonly second: InstalledModel;
  /** File names below `photos`. */
  readonly names: readonly string[];
}

const NARROW_VIT = { ...TINY_VIT, name: "vit-narrow", size: 32, width: 32, mlp: 64 };

export interface ModelLibraryOptions {
  readonly count?: number;
  readonly longEdge?: number;
  readonly seed?: number;
  readonly uses?: "first" | "second";
  /** Setting tagging.enabled; unset = false. */
  readonly tagging?: boolean;
}

export const createModelLibrary = async (options: ModelLibraryOptions = {}): Promise<ModelLibrary> => {
  const { count = 24, longEdge, seed, uses = "first", tagging = false } = options;
  const models = await temporaryFolder();
  const first = await installRandomEncoder(models.path, { shape: TINY_VIT, variant: "fp32" });
  const second = await installRandomEncoder(models.path, { shape: NARROW_VIT, variant: "fp32" });
  const { id } = { first, second }[uses].manifest;
  const library = await createTestLibrary({
    config: `[embedding]\nmodel = "${id}"\n\n[tagging]\nenabled = ${tagging}\n`,
    environment: { PHOTON_GENERAL_MODEL_DIR: models.path },
  });
  const names = await writePhotos(library.photos, {
    count,
    ...(longEdge === undefined ? {} : { longEdge }),
    ...(seed === undefined ? {} : { seed }),
  });
  return {
    ...library,
    modelDir: models.path,
    first,
    second,
    names,
    [Symbol.asyncDispose]: async () => {
      await library[Symbol.asyncDispose]();
      await models[Symbol.asyncDispose]();
    },
  };
};

/** Processes photos of the library and waits for the index. */
export const processPhotos = async (
  library: ModelLibrary,
  photon: Photon,
  names: readonly string[] = library.names,
): Promise<readonly ProcessOutcome[]> => {
  const { signal } = new AbortController();
  const settings = { thumbnail: photon.config.thumbnail, embedding: true, tagging: undefined };
  const outcomes: ProcessOutcome[] = [];
  const run = photon.process(sourcesOf(library.photos, names), settings, {
    store: true,
    force: false,
    parallel: 2,
    signal,
  });
  for await (const outcome of run) outcomes.push(outcome);
  await photon.waitUntilIndexed(() => undefined, signal);
  return outcomes;
};

/** A library whose photos are processed with its first model, or the one it uses. */
export const createProcessedLibrary = async (options: ModelLibraryOptions = {}): Promise<ModelLibrary> => {
  const library = await createModelLibrary(options);
  await using photon = await library.open();
  await processPhotos(library, photon);
  return library;
};

/** Changes the model in an application of its own. */
export const changeModel = async (library: ModelLibrary, id: string): Promise<ModelChangeReport> => {
  await using photon = await library.open();
  return await photon.changeModel({ id }, { signal: new AbortController().signal });
};

/** Vectors by content hash, as hex. */
export const vectorsOf = async (
  library: TestLibrary,
  { vectorKey }: Pick<InstalledModel, "vectorKey">,
): Promise<ReadonlyMap<string, string>> => {
  await using catalogue = await library.catalogue();
  const hashes = (await catalogue.index.allRevisions()).map(({ contentHash }) => contentHash);
  const vectors = await catalogue.photos.vectors(hashes, vectorKey);
  return new Map(
    [...vectors]
      .map(([hash, vector]): [string, string] => [hash, Buffer.from(vector.buffer).toString("hex")])
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
};

export const activeKeyOf = async (library: TestLibrary): Promise<string | undefined> => {
  await using catalogue = await library.catalogue();
  return (await catalogue.library.activeVectorKey())?.vectorKey;
};

export const modelFolderOf = ({ modelDir }: ModelLibrary, model: InstalledModel): string =>
  join(modelDir, model.manifest.id);
