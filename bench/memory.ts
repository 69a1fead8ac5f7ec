/** How much memory a run needs: no more for very many photos than for many. */
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Bench } from "./support/bench.ts";
import { atMost } from "./support/bench.ts";
import type { Run } from "./support/photon-process.ts";
import { makeHome, runPhoton } from "./support/photon-process.ts";
import { generateManyPhotos } from "./support/photos.ts";

interface MeasuredRun extends Run {
  readonly count: number;
}

/** Runs over photo folders of these sizes, each in a fresh library. */
const runsOver = async (
  sizes: readonly number[],
  directory: string,
  words: (photos: string, home: string) => readonly string[],
): Promise<readonly MeasuredRun[]> => {
  const runs: MeasuredRun[] = [];
  for (const count of sizes) {
    const home = join(directory, String(count));
    const photos = join(directory, `photos-${count}`);
    await makeHome(home);
    await generateManyPhotos(photos, count);
    runs.push({ count, ...(await runPhoton(home, words(photos, home))) });
    await rm(photos, { recursive: true });
  }
  return runs;
};

const told = ({ count, peakMib, seconds }: MeasuredRun): string =>
  `${count} photos: ${peakMib.toFixed(0)} MiB, ${(count / seconds).toFixed(0)} photos/s`;

export const memoryBench: Bench = {
  name: "memory",
  about:
    "Peak resident memory of `photon process` over 20,000 small photos against 2,000, in fresh libraries, records to a file.",
  async run({ quick, directory, log }) {
    const sizes = quick ? [200, 1000] : [2000, 20_000];
    const runs = await runsOver(sizes, join(directory, "memory"), (photos, home) => [
      "process",
      photos,
      "-o",
      join(home, "out.jsonl"),
      "--quiet",
    ]);
    for (const run of runs) log(told(run));
    const [small = Number.NaN, large = Number.NaN] = runs.map(({ peakMib }) => peakMib);
    return [
      { metric: `peak over ${sizes[0]}`, value: small, unit: "MiB" },
      { metric: `peak over ${sizes[1]}`, value: large, unit: "MiB" },
      atMost("growth", (large / small - 1) * 100, "%", 20),
    ];
  },
};

const GROWTH_MIB = 100;

const isWorker = ({ words }: { readonly words: readonly string[] }): boolean =>
  words.join(" ").startsWith("worker enrichment");

/** @throws Error when a photo was left out */
const checkDescribed = async (path: string, count: number): Promise<void> => {
  const records = JSON.parse(await readFile(path, "utf8")) as readonly { readonly type?: string }[]; // as documented
  const described = records.filter(({ type }) => type === "enrichment").length;
  if (described !== count) throw new Error(`Expected ${count} described photos, received ${described}.`);
};

const workerMib = ({ others }: Run): number => Math.max(...others.filter(isWorker).map(({ mib }) => mib));

export const llmMemoryBench: Bench = {
  name: "llm-memory",
  about:
    "Peak resident memory of `photon process --llm stub --format json` over 10,000 small photos against 1,000, in fresh libraries: of the command, which writes all records in one JSON document, and of the worker beside it. Every photo is described.",
  async run({ quick, directory, log }) {
    const sizes = quick ? [100, 400] : [1000, 10_000];
    const runs = await runsOver(sizes, join(directory, "llm-memory"), (photos, home) => [
      "process",
      photos,
      "--llm",
      "stub",
      "--format",
      "json",
      "-o",
      join(home, "out.json"),
      "--quiet",
    ]);
    for (const { count } of runs) await checkDescribed(join(directory, "llm-memory", String(count), "out.json"), count);
    for (const run of runs) log(`${told(run)}; worker: ${workerMib(run).toFixed(0)} MiB`);
    const [small, large] = runs;
    if (small === undefined || large === undefined) throw new Error("Expected two runs.");
    return [
      { metric: `peak over ${small.count}`, value: small.peakMib, unit: "MiB" },
      { metric: `peak over ${large.count}`, value: large.peakMib, unit: "MiB" },
      atMost("growth", large.peakMib - small.peakMib, "MiB", GROWTH_MIB),
      { metric: `worker's peak over ${small.count}`, value: workerMib(small), unit: "MiB" },
      { metric: `worker's peak over ${large.count}`, value: workerMib(large), unit: "MiB" },
      atMost("worker's growth", workerMib(large) - workerMib(small), "MiB", GROWTH_MIB),
    ];
  },
};
