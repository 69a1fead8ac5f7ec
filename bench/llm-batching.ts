/**
 * Photos described through a provider that takes 200 ms for an answer: many calls in flight and results committed
 * together, against one call, one commit and one index write after the other.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
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
/** Libraries are loaded and code is compiled before anything is measured. */
const WARM_UP_PHOTOS = 100;

interface SlowProvider extends AsyncDisposable {
  readonly endpoint: string;
}

const startSlowProvider = async (): Promise<SlowProvider> => {
  const program = join(import.meta.dirname, "support/slow-provider.ts");
  const child = spawn(process.execPath, [program, String(LATENCY_MS)], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(child, "exit");
  const [port] = await once(createInterface(child.stdout), "line");
  return {
    endpoint: `http://127.0.0.1:${String(port)}/v1`,
    [Symbol.asyncDispose]: async () => {
      child.stdin.end();
      await ended;
    },
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

interface Pace {
  readonly photosPerSecond: number;
  /** Of this process, all threads, the provider not among them. */
  readonly cpuMsPerPhoto: number;
}

const paceOf = async (photos: number, work: () => Promise<unknown>): Promise<Pace> => {
  const before = process.cpuUsage();
  const seconds = await secondsOf(work);
  const { user, system } = process.cpuUsage(before);
  return { photosPerSecond: photos / seconds, cpuMsPerPhoto: (user + system) / 1000 / photos };
};

/** A call, a commit and an index write for each photo. */
const oneByOne = async ({ catalogue, index, workers, hashes }: BenchLibrary, executionId: string): Promise<Pace> => {
  await using opened = await workers.openParts();
  const { parts } = opened;
  return await paceOf(hashes.length, async () => {
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
};

const batched = ({ catalogue, index, workers, hashes }: BenchLibrary, executionId: string): Promise<Pace> =>
  paceOf(hashes.length, async () => {
    await enqueue(catalogue, executionId, hashes);
    index.notify();
    await workers.work({ signal: never, finish: AbortSignal.abort(), role: "bench" });
    await index.waitUntilIndexed(() => undefined, never);
  });

type Way = typeof oneByOne;

export const llmBatchingBench: Bench = {
  name: "llm-batching",
  about: `Photos of ${SIZE.width} pixels described by a provider that takes ${LATENCY_MS} ms, in a process of its own: ${IN_FLIGHT} calls in flight and batched commits, against one call, one commit and one index write after the other. Both ways are warm.`,
  async run({ quick, directory, log }) {
    await using provider = await startSlowProvider();
    const measure = async (name: string, photos: number, run: Way): Promise<Pace> => {
      await using library = await openLibrary(join(directory, name), provider.endpoint, photos);
      const kinds = ["image_tag"];
      const executionId = await library.catalogue.executions.start({ command: "bench", kinds, filter: {} });
      const pace = await run(library, executionId);
      const done = await described(library.catalogue);
      if (done !== photos) throw new Error(`Expected ${photos} described photos, received ${done}.`);
      const { photosPerSecond, cpuMsPerPhoto } = pace;
      log(`${name}: ${photosPerSecond.toFixed(1)} photos/s, ${cpuMsPerPhoto.toFixed(1)} ms of processor time each`);
      return pace;
    };
    await measure("warm-up-one-by-one", WARM_UP_PHOTOS / 10, oneByOne);
    await measure("warm-up-batched", WARM_UP_PHOTOS, batched);
    const single = await measure("one-by-one", quick ? QUICK_ONE_BY_ONE_PHOTOS : ONE_BY_ONE_PHOTOS, oneByOne);
    const many = await measure("batched", quick ? QUICK_PHOTOS : PHOTOS, batched);
    return [
      { metric: "one after the other", value: single.photosPerSecond, unit: "photos/s" },
      { metric: `${IN_FLIGHT} in flight, batched commits`, value: many.photosPerSecond, unit: "photos/s" },
      { metric: "one after the other, processor time", value: single.cpuMsPerPhoto, unit: "ms per photo" },
      { metric: "batched, processor time", value: many.cpuMsPerPhoto, unit: "ms per photo" },
      atLeast("ratio", many.photosPerSecond / single.photosPerSecond, "x", BAR),
    ];
  },
};
