/** A library of photo files with enrichment on it: real catalogue, real pictures, settings as a user writes them. */
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { loadPrices } from "../../models/language/prices.ts";
import { loadEnrichmentKinds } from "../../src/app/enrichment/kinds.ts";
import { createTargets } from "../../src/app/enrichment/targets.ts";
import type { EnrichmentWorkerDeps, EnrichmentWorkers } from "../../src/app/enrichment/worker.ts";
import { createEnrichmentWorkers } from "../../src/app/enrichment/worker.ts";
import type { Catalogue } from "../../src/catalogue/catalogue.ts";
import { openCatalogue } from "../../src/catalogue/catalogue.ts";
import type { PhotoUpdate } from "../../src/catalogue/photo-row.ts";
import type { Clock } from "../../src/clock.ts";
import { systemClock } from "../../src/clock.ts";
import type { Config } from "../../src/config.ts";
import { loadConfig } from "../../src/config.ts";
import type { NewJob } from "../../src/jobs/job-store.ts";
import type { Logger } from "../../src/logger.ts";
import { silentLogger } from "../../src/logger.ts";
import { hashBytes } from "../../src/photo/content-hash.ts";
import { identifyFormat } from "../../src/photo/sniff.ts";
import { temporaryFolder } from "./photos.ts";

type Row = Readonly<Record<string, unknown>>;

export interface EnrichmentLibraryOptions {
  /** Lines of config.toml. */
  readonly config?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly clock?: Clock;
  readonly logger?: Logger;
  /** Name of the folder that the photos lie in. */
  readonly photosFolder?: string;
}

export interface EnrichmentLibrary extends AsyncDisposable {
  readonly folder: string;
  readonly photos: string;
  readonly cataloguePath: string;
  readonly catalogue: Catalogue;
  readonly executionId: string;
  /** For child processes. */
  readonly environment: Readonly<Record<string, string>>;
  readonly configure: (toml: string) => Promise<Config>;
  /** Writes a file and stores its photo; returns the content hash. */
  readonly addPhoto: (name: string, bytes: Uint8Array, given?: Partial<PhotoUpdate>) => Promise<string>;
  readonly enqueue: (...jobs: readonly (Partial<NewJob> & Pick<NewJob, "kind" | "scopeId">)[]) => Promise<void>;
  readonly workers: (given?: Partial<EnrichmentWorkerDeps>) => Promise<EnrichmentWorkers>;
  /** Works until nothing is left that can be done soon. */
  readonly work: (given?: Partial<EnrichmentWorkerDeps>) => Promise<void>;
  /** Current content of a document; undefined = there is none. */
  readonly documentOf: (scopeId: string, documentType?: string) => Promise<Row | undefined>;
  readonly stateOf: (scopeId: string, documentType?: string) => Promise<string | undefined>;
  /** Runs SQL on a connection of its own. */
  readonly sql: (text: string, ...values: readonly (string | number | Uint8Array)[]) => Promise<readonly Row[]>;
}

/** @throws Error when another process works on the file */
const storeFile = async (
  { roots, files, photos }: Catalogue,
  { root, name, given }: { readonly root: string; readonly name: string; readonly given: Partial<PhotoUpdate> },
): Promise<string> => {
  const path = join(root, name);
  const bytes = await readFile(path);
  const { size, mtimeNs, ctimeNs, ino: inode } = await stat(path, { bigint: true });
  const { id: rootId } = await roots.visit(Buffer.from(root));
  const fileStat = { size: Number(size), mtimeNs, ctimeNs, inode };
  const [claim] = await files.claim([{ rootId, path: Buffer.from(name), stat: fileStat }]);
  if (claim === undefined) throw new Error(`${name} is held by somebody else.`);
  const contentHash = hashBytes(bytes);
  const format = identifyFormat(bytes, name);
  const update = { contentHash, format, fileSize: bytes.length, stageKeys: new Map([["decode", "1/x"]]), ...given };
  await photos.commit({ updates: [update], files: [{ claim, stat: fileStat, contentHash, named: false }] });
  return contentHash;
};

export const STUB_CONFIG = '[llm]\nprovider = "stub"\n';

export const createEnrichmentLibrary = async (options: EnrichmentLibraryOptions = {}): Promise<EnrichmentLibrary> => {
  const { clock = systemClock, logger = silentLogger, photosFolder = "photos" } = options;
  const opened = new AsyncDisposableStack();
  const temporary = opened.use(await temporaryFolder());
  const folder = temporary.path;
  const photos = join(folder, photosFolder);
  const configPath = join(folder, "config.toml");
  const home = join(folder, "home");
  const cataloguePath = join(home, "catalogue.db");
  await mkdir(photos, { recursive: true });
  const environment = { PHOTON_HOME: home, PHOTON_CONFIG: configPath, HOME: folder, ...options.environment };
  const configure = async (toml: string): Promise<Config> => {
    await writeFile(configPath, toml);
    return loadConfig({ environment, workingDirectory: folder }).config;
  };
  let config = await configure(options.config ?? STUB_CONFIG);
  const catalogue = opened.use(await openCatalogue({ path: cataloguePath, clock }));
  const executionId = await catalogue.executions.start({ command: "enrich", kinds: ["image_tag"], filter: {} });
  const prices = loadPrices();
  const workers = async (given: Partial<EnrichmentWorkerDeps> = {}): Promise<EnrichmentWorkers> => {
    const kinds = await loadEnrichmentKinds({ config });
    return createEnrichmentWorkers({
      config,
      openCatalogue: () => openCatalogue({ path: cataloguePath, clock }),
      targets: () => Promise.resolve(createTargets({ config, kinds, clock, logger })),
      kinds: () => Promise.resolve(kinds),
      prices: () => Promise.resolve(prices),
      offerWatches: () => Promise.resolve([]),
      companions: [],
      clock,
      logger,
      ...given,
    });
  };
  return {
    folder,
    photos,
    cataloguePath,
    catalogue,
    executionId,
    environment,
    configure: async (toml) => (config = await configure(toml)),
    addPhoto: async (name, bytes, given = {}) => {
      await mkdir(dirname(join(photos, name)), { recursive: true });
      await writeFile(join(photos, name), bytes);
      return storeFile(catalogue, { root: photos, name, given });
    },
    enqueue: async (...jobs) => {
      const complete = jobs.map((job) => ({
        documentType: job.kind,
        route: "vision",
        userId: 1,
        executionId,
        priority: 0,
        ...job,
      }));
      await catalogue.jobs.transaction((tx) => catalogue.executions.enqueue(tx, complete));
    },
    workers,
    work: async (given) =>
      (await workers(given)).work({
        signal: new AbortController().signal,
        finish: AbortSignal.abort(),
        role: "test",
      }),
    documentOf: async (scopeId, documentType = "image_tag") => {
      const [newest] = await catalogue.documents.history({ scopeId, documentType });
      return newest === undefined ? undefined : (JSON.parse(newest.content) as Row); // written by the worker
    },
    stateOf: async (scopeId, documentType = "image_tag") =>
      (await catalogue.documents.enrichment({ scopeId, documentType }))?.state,
    sql: async (text, ...values) => {
      const { DatabaseSync } = await import("node:sqlite");
      using database = new DatabaseSync(cataloguePath);
      return database.prepare(text).all(...values);
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
};
