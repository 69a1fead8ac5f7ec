/** `photon watch` as a process: photos that arrive one by one and many at once, and a day's scans in minutes. */
import { mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Photon } from "../src/app.ts";
import { NotFoundError } from "../src/errors.ts";
import { hashBytes } from "../src/photo/content-hash.ts";
import { runPhotonIn, until } from "../test/support/cli.ts";
import type { TestLibrary } from "../test/support/library.ts";
import { createTestLibrary } from "../test/support/library.ts";
import { randomFrom } from "../test/support/photos.ts";
import type { Watching } from "../test/support/watching.ts";
import { rows, startWatching, untilFiles } from "../test/support/watching.ts";
import type { Bench, BenchResult } from "./support/bench.ts";
import { atLeast, atMost, median, secondsOf } from "./support/bench.ts";
import { generatePhotos } from "./support/photos.ts";
import { percentile } from "./support/vectors.ts";

const SIZE = { width: 1280, height: 960 } as const;
const ARRIVALS = 30;
const QUICK_ARRIVALS = 3;
const BURST = 500;
const QUICK_BURST = 20;
/** Whole scans of a day, an hour apart in life; here as fast as a watched folder allows. */
const SCANS = 24;
const QUICK_SCANS = 4;
const CONFIG = '[embedding]\nmodel = "photon-mini"\n';
const PATIENCE_MS = 120_000;

const never = new AbortController().signal;

/** Whether a search by example, which compares vectors, finds the photo. */
const isFound = async (photon: Photon, contentHash: string): Promise<boolean> => {
  try {
    const terms = [{ source: { kind: "photo" as const, id: contentHash }, weight: 1 }];
    const { hits } = await photon.search({ terms, limit: 5 }, never);
    return hits.some(({ id }) => contentHash.startsWith(id));
  } catch (error) {
    if (error instanceof NotFoundError) return false;
    throw error;
  }
};

/** Seconds from the last byte until another process, this one, finds the photo. */
const arrivalSeconds = async (photon: Photon, { photos }: TestLibrary, path: string): Promise<number> => {
  const bytes = await readFile(path);
  await writeFile(join(photos, `arrival-${hashBytes(bytes).slice(0, 8)}.jpg`), bytes);
  return secondsOf(() =>
    until("the photo to be found", async () => (await isFound(photon, hashBytes(bytes))) || undefined, PATIENCE_MS),
  );
};

const countReady = (library: TestLibrary): number =>
  Number(
    rows(library, "select (select count(*) from embeddings) - (select count(*) from to_index) as ready")[0]?.["ready"],
  );

const burstSeconds = async (library: TestLibrary, paths: readonly string[]): Promise<number> => {
  const expected = countReady(library) + paths.length;
  await mkdir(join(library.photos, "burst"));
  const move = (path: string): Promise<void> =>
    rename(path, join(library.photos, "burst", path.split("/").at(-1) ?? ""));
  return secondsOf(async () => {
    await Promise.all(paths.map(move));
    await until("the burst to be ready", () => countReady(library) === expected || undefined, PATIENCE_MS);
  });
};

/** The same number of other photos by `photon process`. */
const processSeconds = async (folder: string): Promise<number> => {
  await using library = await createTestLibrary({ config: CONFIG });
  return await secondsOf(async () => {
    const { code, stderr } = await runPhotonIn(library, [
      "process",
      folder,
      "--quiet",
      "-o",
      join(library.folder, "out.jsonl"),
    ]);
    if (code !== 0) throw new Error(stderr);
  });
};

interface Size {
  readonly mib: number;
  readonly handles: number;
}

const sizeOf = async (pid: number): Promise<Size> => ({
  mib: Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, "utf8"))?.[1] ?? Number.NaN) / 1024,
  handles: (await readdir(`/proc/${pid}/fd`)).length,
});

const scansOf = (watching: Watching): number => watching.log().filter(({ event }) => event === "root:scanned").length;

/** A photo comes, one is renamed, one goes; then the whole folder is scanned. */
const oneHour = async (library: TestLibrary, watching: Watching, photo: Buffer, hour: number): Promise<void> => {
  const at = (name: string): string => join(library.photos, name);
  await writeFile(at(`hour-${hour}.jpg`), photo);
  if (hour > 0) await rename(at(`hour-${hour - 1}.jpg`), at(`kept-${hour - 1}.jpg`));
  if (hour > 1) await rm(at(`kept-${hour - 2}.jpg`));
  const before = scansOf(watching);
  watching.program.child.kill("SIGHUP");
  await until("a whole scan", () => scansOf(watching) > before || undefined, PATIENCE_MS);
};

const dayResults = async (
  library: TestLibrary,
  watching: Watching,
  paths: readonly string[],
): Promise<readonly BenchResult[]> => {
  const pid = watching.program.child.pid ?? Number.NaN;
  const sizes: Size[] = [];
  for (const [hour, path] of paths.entries()) {
    await oneHour(library, watching, await readFile(path), hour);
    sizes.push(await sizeOf(pid));
  }
  const half = Math.floor(sizes.length / 2);
  const growth = (pick: (size: Size) => number): number =>
    median(sizes.slice(half).map(pick)) - median(sizes.slice(0, half).map(pick));
  return [
    atMost(
      `growth of memory, second half of ${paths.length} scans over the first`,
      growth(({ mib }) => mib),
      "MiB",
      10,
    ),
    atMost(
      "growth of open handles",
      growth(({ handles }) => handles),
      "handles",
      2,
    ),
  ];
};

export const watchBench: Bench = {
  name: "watch",
  about:
    "`photon watch` with photon-mini on 1280-pixel JPEGs: from the last byte of a photo until a search in another process finds it (2 s of it the wait for a file that keeps still), 500 photos at once against `photon process`, and the whole scans of a day one after the other.",
  async run({ quick, directory, log }) {
    const [arrivals, burst, scans] = quick ? [QUICK_ARRIVALS, QUICK_BURST, QUICK_SCANS] : [ARRIVALS, BURST, SCANS];
    const count = arrivals + burst + scans;
    const compared = join(directory, "compared");
    await generatePhotos(compared, { count: burst, ...SIZE });
    await using library = await createTestLibrary({ config: CONFIG });
    const [first = "", ...paths] = await generatePhotos(join(directory, "watch"), { count: 1 + count, ...SIZE });
    await rename(first, join(library.photos, "first.jpg"));
    await using watching = startWatching(library);
    await untilFiles(library, ["first.jpg present"]);
    await until("the first photo to be ready", () => countReady(library) === 1 || undefined, PATIENCE_MS);
    await using photon = await library.open();
    const random = randomFrom(1);
    const seconds: number[] = [];
    for (const path of paths.slice(0, arrivals)) {
      seconds.push(await arrivalSeconds(photon, library, path));
      await sleep(random() * 1000);
    }
    const many = await burstSeconds(library, paths.slice(arrivals, arrivals + burst));
    log(`arrivals ${seconds.map((one) => one.toFixed(1)).join(" ")}; burst ${many.toFixed(1)} s`);
    const day = await dayResults(library, watching, paths.slice(arrivals + burst));
    await watching.stop();
    const alone = await processSeconds(compared);
    return [
      { metric: "last byte to found, median", value: median(seconds), unit: "s" },
      atMost("last byte to found, p95", percentile(seconds, 0.95), "s", 5),
      { metric: `burst of ${burst}`, value: burst / many, unit: "photos/s" },
      { metric: `photon process of ${burst}`, value: burst / alone, unit: "photos/s" },
      atLeast("burst over photon process", alone / many, "x", 0.8),
      ...day,
    ];
  },
};
