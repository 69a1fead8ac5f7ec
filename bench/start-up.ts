/** Whole processes: how long a command takes from its start to its end, and how much memory it needs. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { generateSampleLibrary } from "../src/sample-library/generate.ts";
import type { Bench } from "./support/bench.ts";
import { atMost, median } from "./support/bench.ts";
import { generateManyPhotos } from "./support/photos.ts";

const ROUNDS = 7;
const LAUNCHER = join(import.meta.dirname, "../bin/photon.js");

interface Run {
  readonly seconds: number;
  /** Largest resident size of the main process, MiB. */
  readonly peakMib: number;
}

/** Prints the peak of the process itself at its end; the launcher runs in-process under Node 24. */
const PEAK_HOOK = `process.on("exit", () => process.stderr.write("\\npeak " + process.resourceUsage().maxRSS + "\\n"));`;

const runPhoton = async (home: string, words: readonly string[]): Promise<Run> => {
  const hook = `data:text/javascript,${encodeURIComponent(PEAK_HOOK)}`;
  const start = performance.now();
  const child = spawn(process.execPath, ["--import", hook, LAUNCHER, ...words], {
    env: { ...process.env, PHOTON_HOME: home, PHOTON_CONFIG: join(home, "config.toml") },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let stderr = "";
  child.stderr.on("data", (text: Buffer) => (stderr += text.toString()));
  const [code] = (await once(child, "close")) as [number];
  const seconds = (performance.now() - start) / 1000;
  if (code !== 0) throw new Error(`photon ${words.join(" ")} ended with ${code}: ${stderr}`);
  const peakKib = Number(/peak (\d+)/.exec(stderr)?.[1]);
  return { seconds, peakMib: peakKib / 1024 };
};

const makeHome = async (home: string): Promise<void> => {
  await mkdir(home, { recursive: true });
  await writeFile(join(home, "config.toml"), "");
};

const medianSeconds = async (home: string, words: readonly string[]): Promise<number> => {
  const seconds: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) seconds.push((await runPhoton(home, words)).seconds);
  return median(seconds);
};

export const startUpBench: Bench = {
  name: "start-up",
  about:
    "Whole processes under Node 24, medians of seven: `photon --version`, and `photon search` from its start to its answer on the sample library with the built-in model.",
  async run({ quick, directory, log }) {
    const home = join(directory, "start-up");
    const photos = join(directory, "start-up-photos");
    await makeHome(home);
    await generateSampleLibrary(photos, { count: quick ? 6 : 60 });
    await runPhoton(home, ["process", photos, "-o", join(directory, "start-up.jsonl"), "--quiet"]);
    const version = await medianSeconds(home, ["--version"]);
    const search = await medianSeconds(home, ["search", "sunset over the sea"]);
    log(`search: ${search.toFixed(2)} s`);
    return [
      atMost("photon --version", version * 1000, "ms", 150),
      atMost("photon search, cold", search * 1000, "ms", 1000),
    ];
  },
};

export const unchangedBench: Bench = {
  name: "unchanged",
  about: "`photon process --skip-existing` over 50,000 unchanged files in 100 folders, the whole process.",
  async run({ quick, directory, log }) {
    const count = quick ? 2000 : 50_000;
    const home = join(directory, "unchanged");
    const photos = join(directory, "unchanged-photos");
    const output = join(directory, "unchanged.jsonl");
    await makeHome(home);
    await generateManyPhotos(photos, count);
    const words = ["process", photos, "-o", output, "--skip-existing", "--quiet"];
    const first = await runPhoton(home, words);
    log(`first run: ${first.seconds.toFixed(0)} s, ${(count / first.seconds).toFixed(0)} photos/s`);
    const rounds = [await runPhoton(home, words), await runPhoton(home, words), await runPhoton(home, words)];
    const seconds = median(rounds.map((run) => run.seconds));
    return [
      { metric: "first run", value: count / first.seconds, unit: "photos/s" },
      atMost(`--skip-existing over ${count} unchanged files`, seconds, "s", 3),
    ];
  },
};

export const memoryBench: Bench = {
  name: "memory",
  about:
    "Peak resident memory of `photon process` over 20,000 small photos against 2,000, in fresh libraries, records to a file.",
  async run({ quick, directory, log }) {
    const sizes = quick ? [200, 1000] : [2000, 20_000];
    const peaks: number[] = [];
    for (const count of sizes) {
      const home = join(directory, `memory-${count}`);
      const photos = join(directory, `memory-photos-${count}`);
      await makeHome(home);
      await generateManyPhotos(photos, count);
      const { peakMib, seconds } = await runPhoton(home, ["process", photos, "-o", join(home, "out.jsonl"), "--quiet"]);
      log(`${count} photos: ${peakMib.toFixed(0)} MiB, ${(count / seconds).toFixed(0)} photos/s`);
      peaks.push(peakMib);
    }
    const [small = Number.NaN, large = Number.NaN] = peaks;
    return [
      { metric: `peak over ${sizes[0]}`, value: small, unit: "MiB" },
      { metric: `peak over ${sizes[1]}`, value: large, unit: "MiB" },
      atMost("growth", (large / small - 1) * 100, "%", 20),
    ];
  },
};
