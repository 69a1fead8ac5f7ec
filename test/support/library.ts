/** Throw-away libraries with the sample encoder, and what tests ask of them. */
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Photon } from "../../src/app.ts";
import { createPhoton } from "../../src/app.ts";
import type { Catalogue } from "../../src/catalogue/catalogue.ts";
import { openCatalogue } from "../../src/catalogue/catalogue.ts";
import { loadConfig } from "../../src/config.ts";
import { silentLogger } from "../../src/logger.ts";
import { REPOSITORY } from "./run-program.ts";
import { temporaryFolder } from "./photos.ts";
import { generatedSample } from "./sample-encoder/manifest.ts";
import { ensureSampleEncoder } from "./sample-encoder/sample-encoder.ts";
import { SAMPLE_SET, writeSampleVocabulary } from "./sample-encoder/vocabulary.ts";

/** Made once per checkout; the generator is deterministic, and its files are verified when they are opened. */
const SHARED_MODELS = join(REPOSITORY, "node_modules", ".cache", "photon-test-models");

export interface TestLibrary extends AsyncDisposable {
  /** Everything of this test lies in here. */
  readonly folder: string;
  readonly photos: string;
  /** What the sample encoder tags with lies in here, as `sample.json`; `tagging.vocabulary.dir` unless a test configures. */
  readonly vocabulary: string;
  /** PHOTON_HOME; not made yet. */
  readonly home: string;
  readonly cataloguePath: string;
  readonly renditions: string;
  /** For child processes. */
  readonly environment: Readonly<Record<string, string>>;
  readonly open: (overrides?: Readonly<Record<string, string>>) => Promise<Photon>;
  readonly catalogue: () => Promise<Catalogue>;
  /** Writes the config file anew. */
  readonly configure: (toml: string) => Promise<void>;
}

export interface TestLibraryOptions {
  /** Lines of config.toml; without it the sample encoder is used. */
  readonly config?: string;
  /** Added to what child processes get. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Folder for PHOTON_HOME; unset = inside the test's folder. */
  readonly home?: string;
}

/** What libraries are configured with when a test says nothing else. */
export const sampleConfig = (vocabulary: string): string => `[embedding]
model = "${generatedSample.id}"

[tagging.vocabulary]
dir = ${JSON.stringify(vocabulary)}
sets = ["${SAMPLE_SET}"]
`;

/** Models lie outside PHOTON_HOME in these tests, so that they are made once. */
const configText = (toml: string): string => `[general]\nmodel_dir = ${JSON.stringify(SHARED_MODELS)}\n${toml}`;

export const createTestLibrary = async (options: TestLibraryOptions = {}): Promise<TestLibrary> => {
  await ensureSampleEncoder(SHARED_MODELS);
  const temporary = await temporaryFolder();
  const folder = temporary.path;
  const home = options.home ?? join(folder, "home");
  const photos = join(folder, "photos");
  const vocabulary = join(folder, "vocabulary");
  const configPath = join(folder, "config.toml");
  await mkdir(photos);
  const configure = (toml: string): Promise<void> => writeFile(configPath, configText(toml));
  await configure(options.config ?? sampleConfig(vocabulary));
  await writeSampleVocabulary(vocabulary);
  const environment = { PHOTON_HOME: home, PHOTON_CONFIG: configPath, HOME: folder, ...options.environment };
  const cataloguePath = join(home, "catalogue.db");
  return {
    folder,
    photos,
    vocabulary,
    home,
    cataloguePath,
    renditions: join(home, "renditions"),
    environment,
    configure,
    open: async (overrides = {}) => {
      const { config } = loadConfig({
        environment: { ...environment, ...overrides },
        workingDirectory: REPOSITORY,
      });
      return createPhoton(config, { logger: silentLogger });
    },
    catalogue: () => openCatalogue({ path: cataloguePath }),
    [Symbol.asyncDispose]: () => temporary[Symbol.asyncDispose](),
  };
};

/** `hash rev` of every row of the index and of every photo of the catalogue, sorted. */
export const indexAndCatalogue = async (
  library: TestLibrary,
): Promise<{ readonly index: readonly string[]; readonly catalogue: readonly string[]; readonly marks: number }> => {
  await using catalogue = await library.catalogue();
  const key = await catalogue.library.activeVectorKey();
  const rows = await readIndex(join(library.home, "vectors"), key?.vectorKey);
  const photos = await catalogue.index.allRevisions();
  return {
    index: rows.toSorted(),
    catalogue: photos.map(({ contentHash, rev }) => `${contentHash} ${rev}`).toSorted(),
    marks: await catalogue.index.countMarks(),
  };
};

const readIndex = async (directory: string, vectorKey: string | undefined): Promise<readonly string[]> => {
  const { connectTo, openTableIfPresent, tableName } = await import("../../src/vectors/lancedb.ts");
  const table = await openTableIfPresent(await connectTo(directory), tableName(vectorKey));
  if (table === undefined) return [];
  const rows = (await table.query().select(["content_hash", "rev"]).toArray()) as {
    readonly content_hash: string;
    readonly rev: number | bigint;
  }[]; // columns of src/vectors/schema.ts
  table.close();
  return rows.map(({ content_hash: hash, rev }) => `${hash} ${Number(rev)}`);
};

/** Every file below a folder, relative, sorted. */
export const filesBelow = async (folder: string): Promise<readonly string[]> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []); // not made yet
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted();
};
