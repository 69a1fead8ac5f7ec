/**
 * Photos described through a provider that takes 200 ms for an answer: many calls in flight and results committed
 * together, against one call, one commit and one index write after the other.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { readFile, stat, writeFile } from "node:fs/promises";
import { loadPrices } from "../models/language/prices.ts";
import { loadEnrichmentKinds } from "../src/app/enrichment/kinds.ts";
import { createTargets } from "../src/app/enrichment/targets.ts";
import { createJobHandlers } from "../src/app/enrichment/job-handler.ts";
import type { EnrichmentWorkers } from "../src/app/enrichment/worker.ts";
import { createEnrichmentWorkers } from "../src/app/enrichment/worker.ts";
import type { LibraryIndex } from "../src/app/library-index.ts";
import { createLibraryIndex } from "../src/app/library-index.ts";
import type { Catalogue } from "../src/catalogue/catalogue.ts";
import { openCatalogue } from "../src/catalogue/catalogue.ts";
import { systemClock } from "../src/clock.ts";
import { loadConfig } from "../src/config.ts";
import { PRIORITY } from "../src/jobs/job-store.ts";
import { silentLogger } from "../src/logger.ts";
import { hashBytes } from "../src/photo/content-hash.ts";
import { goodAnswers } from "../test/support/enrichment.ts";
import { replyBody } from "../test/support/fake-providers/bodies.ts";
import type { Bench } from "./support/bench.ts";
import { atLeast, secondsOf } from "./support/bench.ts";
import { generatePhotos } from "./support/photos.ts";

const PHOTOS = 1000;
const QUICK_PHOTOS = 64;
const IN_FLIGHT = 64;
const LATENCY_MS = 200;
const BAR = 47.5;
/** One after the other is timed on fewer photos: its rate does not depend on how many there are. */
const ONE_BY_ONE_PHOTOS = 50;
const QUICK_ONE_BY_ONE_PHOTOS = 5;

interface SlowProvider extends AsyncDisposable {
  readonly endpoint: string;
}

/** Answers every call after the same time, however many there are. */
const startSlowProvider = async (): Promise<SlowProvider> => {
  const answer = JSON.stringify(replyBody("openai", { text: JSON.stringify(goodAnswers["image_tag"]) }));
  const server = createServer((request, response) => {
    request
      .resume()
      .on("end", () =>
        setTimeout(() => response.writeHead(200, { "content-type": "application/json" }).end(answer), LATENCY_MS),
      );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // it listens on a port
  return {
    endpoint: `http://127.0.0.1:${port}/v1`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

interface BenchLibrary extends AsyncDisposable {
  readonly catalogue: Catalogue;
  readonly index: LibraryIndex;
  readonly workers: EnrichmentWorkers;
  readonly hashes: readonly string[];
}

const storePhotos = async ({ roots, files, photos }: Catalogue, folder: string, paths: readonly string[]) => {
  const { id: rootId } = await roots.visit(Buffer.from(folder));
  const hashes: string[] = [];
  for (const path of paths) {
    const bytes = await readFile(path);
    const { size, mtimeNs, ctimeNs, ino: inode } = await stat(path, { bigint: true });
    const fileStat = { size: Number(size), mtimeNs, ctimeNs, inode };
    const place = { rootId, path: Buffer.from(path.slice(folder.length + 1)) };
    const [claim] = await files.claim([{ ...place, stat: fileStat }]);
    if (claim === undefined) throw new Error(`${path} is held by somebody else.`);
    const contentHash = hashBytes(bytes);
    const stageKeys = new Map([["decode", "1/x"]]);
    await photos.commit({
      updates: [{ contentHash, format: "jpeg", fileSize: bytes.length, stageKeys }],
      files: [{ claim, stat: fileStat, contentHash, named: false }],
    });
    hashes.push(contentHash);
  }
  return hashes;
};

/** Photos of at most 1024 pixels: decoding larger ones is not what is measured. */
const SIZE = { width: 256, height: 192 } as const;

const openLibrary = async (home: string, endpoint: string, count: number): Promise<BenchLibrary> => {
  const opened = new AsyncDisposableStack();
  const photos = join(home, "photos");
  const paths = await generatePhotos(photos, { count, ...SIZE });
  const configPath = join(home, "config.toml");
  await writeFile(
    configPath,
    `[llm]\nprovider = "openai"\n[llm.batch]\ndefault_size = 8\ncommit_frequency = 1\n[llm.cache]\nenabled = false\n[llm.openai]\nendpoint = ${JSON.stringify(endpoint)}\napi_key = "sk-bench"\n`,
  );
  const environment = { PHOTON_HOME: home, PHOTON_CONFIG: configPath };
  const { config } = loadConfig({ environment, workingDirectory: home });
  const path = join(home, "catalogue.db");
  const catalogue = opened.use(await openCatalogue({ path }));
  const shared = { clock: systemClock, logger: silentLogger };
  const index = opened.use(
    createLibraryIndex({ directory: join(home, "vectors"), catalogue: () => Promise.resolve(catalogue), ...shared }),
  );
  const kinds = await loadEnrichmentKinds({ config });
  const targets = createTargets({ config, kinds, ...shared, followed: IN_FLIGHT });
  const prices = loadPrices();
  const workers = createEnrichmentWorkers({
    config,
    openCatalogue: () => openCatalogue({ path }),
    targets: () => Promise.resolve(targets),
    kinds: () => Promise.resolve(kinds),
    prices: () => Promise.resolve(prices),
    offerWatches: () => Promise.resolve([]),
    companions: [],
    ...shared,
  });
  const hashes = await storePhotos(catalogue, photos, paths);
  await index.waitUntilIndexed(() => undefined, never);
  return { catalogue, index, workers, hashes, [Symbol.asyncDispose]: () => opened.disposeAsync() };
};

const never = new AbortController().signal;

const enqueue = async ({ executions, jobs }: Catalogue, executionId: string, hashes: readonly string[]) => {
  const terms = { kind: "image_tag", documentType: "image_tag", route: "vision", userId: 1, executionId };
  const wishes = hashes.map((scopeId) => ({ ...terms, scopeId, priority: PRIORITY.bulk }));
  await jobs.transaction((tx) => executions.enqueue(tx, wishes));
};

const described = async ({ executions }: Catalogue): Promise<number> => (await executions.counts()).described;

/** Seconds per photo with a call, a commit and an index write for each. */
const oneByOne = async ({ catalogue, index, workers, hashes }: BenchLibrary, executionId: string): Promise<number> => {
  await using opened = await workers.openParts();
  const { parts } = opened;
  const seconds = await secondsOf(async () => {
    for (const hash of hashes) {
      await enqueue(catalogue, executionId, [hash]);
      const { jobs } = await catalogue.jobs.list({ scopeId: hash });
      const worker = parts.createWorker(createJobHandlers(parts.handlerDeps));
      await worker.runNow(
        jobs.map(({ id }) => id),
        never,
      );
      await index.waitUntilIndexed(() => undefined, never);
    }
  });
  return seconds / hashes.length;
};

const batched = async ({ catalogue, index, workers, hashes }: BenchLibrary, executionId: string): Promise<number> => {
  const seconds = await secondsOf(async () => {
    await enqueue(catalogue, executionId, hashes);
    index.notify();
    await workers.work({ signal: never, finish: AbortSignal.abort(), role: "bench" });
    await index.waitUntilIndexed(() => undefined, never);
  });
  return seconds / hashes.length;
};

export const llmBatchingBench: Bench = {
  name: "llm-batching",
  about: `Photos of ${SIZE.width} pixels described by a provider that takes ${LATENCY_MS} ms: ${IN_FLIGHT} calls in flight and batched commits, against one call, one commit and one index write after the other.`,
  async run({ quick, directory, log }) {
    await using provider = await startSlowProvider();
    const measure = async (
      name: string,
      photos: number,
      run: (library: BenchLibrary, executionId: string) => Promise<number>,
    ): Promise<number> => {
      await using library = await openLibrary(join(directory, name), provider.endpoint, photos);
      const kinds = ["image_tag"];
      const executionId = await library.catalogue.executions.start({ command: "bench", kinds, filter: {} });
      const rate = 1 / (await run(library, executionId));
      const done = await described(library.catalogue);
      if (done !== photos) throw new Error(`Expected ${photos} described photos, received ${done}.`);
      log(`${name}: ${rate.toFixed(1)} photos/s over ${photos} photos`);
      return rate;
    };
    const single = await measure("one-by-one", quick ? QUICK_ONE_BY_ONE_PHOTOS : ONE_BY_ONE_PHOTOS, oneByOne);
    const many = await measure("batched", quick ? QUICK_PHOTOS : PHOTOS, batched);
    return [
      { metric: "one after the other", value: single, unit: "photos/s" },
      { metric: `${IN_FLIGHT} in flight, batched commits`, value: many, unit: "photos/s" },
      atLeast("ratio", many / single, "x", BAR),
    ];
  },
};
