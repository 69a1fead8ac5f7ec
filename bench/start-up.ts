/** Whole processes: how long a command takes from its start to its end. */
import { join } from "node:path";
import { generateSampleLibrary } from "../src/sample-library/generate.ts";
import type { Bench } from "./support/bench.ts";
import { atMost, median } from "./support/bench.ts";
import { makeHome, runPhoton } from "./support/photon-process.ts";
import { generateManyPhotos } from "./support/photos.ts";

const ROUNDS = 7;

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
