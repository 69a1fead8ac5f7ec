/** photon itself inside a bench: a library in a scratch folder, driven through the composition root. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Photon } from "../../src/app.ts";
import { createPhoton } from "../../src/app.ts";
import type { Config } from "../../src/config.ts";
import { loadConfig } from "../../src/config.ts";
import { isProblem, discover } from "../../src/library/discover.ts";
import { silentLogger } from "../../src/logger.ts";
import type { PhotoSource } from "../../src/photo/types.ts";
import type { ProcessOptions } from "../../src/pipeline/outcome.ts";

/** Terms of the vocabulary benches tag with. */
const VOCABULARY_TERMS = 4000;

export interface BenchLibrary {
  readonly directory: string;
  readonly model: string;
  /** Behaviour of the stub that stands for a language model; left out = there is none. */
  readonly stub?: string;
}

/** Settings of the library, for child processes too. */
export const benchConfigPath = ({ directory }: Pick<BenchLibrary, "directory">): string =>
  join(directory, "config.toml");

const benchConfig = async (library: BenchLibrary): Promise<Config> => {
  const { directory, model, stub } = library;
  const vocabulary = join(directory, "vocabulary");
  const configPath = benchConfigPath(library);
  await mkdir(vocabulary, { recursive: true });
  const terms = Array.from({ length: VOCABULARY_TERMS }, (_, index) => ({ name: `term ${index}` }));
  await writeFile(join(vocabulary, "bench.json"), JSON.stringify(terms));
  const lines = [
    "[general]",
    `data_dir = ${JSON.stringify(join(directory, "library"))}`,
    `model_dir = ${JSON.stringify(join(directory, "models"))}`,
    `[embedding]\nmodel = ${JSON.stringify(model)}`,
    `[tagging.vocabulary]\ndir = ${JSON.stringify(vocabulary)}\nsets = ["bench"]`,
    ...(stub === undefined ? [] : [`[llm]\nprovider = "stub"\nmodel = ${JSON.stringify(stub)}`]),
  ];
  await writeFile(configPath, `${lines.join("\n")}\n`);
  return loadConfig({ environment: { PHOTON_CONFIG: configPath }, workingDirectory: directory }).config;
};

export const openBenchPhoton = async (library: BenchLibrary): Promise<Photon> =>
  createPhoton(await benchConfig(library), { logger: silentLogger });

/** The photos of a folder, as `photon process` finds them. */
async function* photosIn(folder: string, { processing }: Config): AsyncGenerator<PhotoSource> {
  const options = {
    extensions: processing.supported_formats,
    addedRoots: [],
    excludedFolders: [],
    exclude: [],
    hidden: false,
    signal: new AbortController().signal,
  };
  for await (const found of discover([folder], options)) if (!isProblem(found)) yield found;
}

export interface FolderOptions extends Pick<ProcessOptions, "alongside"> {
  /** Called when a photo is done. */
  readonly onPhoto?: (contentHash: string) => void;
  /** Called when the last one is. */
  readonly onDone?: () => void;
}

/** Processes a folder with everything switched on and waits until it can be searched; gives the number of photos. */
export const processFolder = async (
  photon: Photon,
  folder: string,
  { onPhoto, onDone, ...more }: FolderOptions = {},
): Promise<number> => {
  const { signal } = new AbortController();
  const { thumbnail, tagging, processing } = photon.config;
  const settings = {
    thumbnail,
    embedding: true,
    tagging: {
      minConfidence: tagging.min_confidence,
      maxTags: tagging.max_tags,
      deduplicateAncestors: tagging.deduplicate_ancestors,
    },
  };
  const options = { store: true, force: false, parallel: processing.parallel_workers, signal, ...more };
  let photos = 0;
  for await (const outcome of photon.process(photosIn(folder, photon.config), settings, options)) {
    if (outcome.status !== "done" || outcome.failures.length > 0)
      throw new Error(`A photo failed: ${JSON.stringify(outcome)}`);
    photos += 1;
    onPhoto?.(outcome.photo.contentHash);
  }
  onDone?.();
  await photon.waitUntilIndexed(() => undefined, signal);
  return photos;
};
