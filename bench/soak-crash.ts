/**
 * The crash test of test/e2e/crash.test.ts for longer: kills `photon process` at random points and looks after each
 * library whether anything was lost or doubled. Run by hand:
 *
 *   node bench/soak-crash.ts [kills, 200] [seed, 1]
 */
import { setTimeout as sleep } from "node:timers/promises";
import { checkCatalogueFile } from "../src/catalogue/check.ts";
import { outputPath, processWords, reportedIn, runPhotonIn, startPhoton } from "../test/support/cli.ts";
import type { TestLibrary } from "../test/support/library.ts";
import { createTestLibrary } from "../test/support/library.ts";
import { randomFrom, writePhotos } from "../test/support/photos.ts";
import { problemsOf } from "../test/support/whole-library.ts";

const PHOTOS = 150;
const KILLS_PER_LIBRARY = 20;

const [kills = 200, seed = 1] = process.argv.slice(2).map(Number);
const random = randomFrom(seed);
const found: string[] = [];

/** Runs at once with the killed one, so that leases change hands. */
const killedRuns = async (library: TestLibrary, words: readonly string[], wholeRunMs: number): Promise<void> => {
  const runs = [startPhoton(library, words), ...(random() < 0.3 ? [startPhoton(library, processWords(library))] : [])];
  await sleep((0.15 + random()) * wholeRunMs);
  for (const run of runs) run.child.kill("SIGKILL");
  await Promise.all(runs.map(({ ended }) => ended));
  found.push(...(await checkCatalogueFile(library.cataloguePath)).problems);
};

for (let done = 0; done < kills; done += KILLS_PER_LIBRARY) {
  await using library = await createTestLibrary();
  await writePhotos(library.photos, { count: PHOTOS });
  const startedAt = performance.now();
  await runPhotonIn(library, processWords(library, "--no-store"));
  const wholeRunMs = performance.now() - startedAt;
  const output = outputPath(library, "records.jsonl");
  const resumed = processWords(library, "--output", output, "--skip-existing");
  for (let kill = 0; kill < KILLS_PER_LIBRARY; kill += 1) {
    await killedRuns(library, random() < 0.5 ? resumed : processWords(library, "--force"), wholeRunMs);
    await reportedIn(output);
  }
  const { code, stderr } = await runPhotonIn(library, resumed);
  if (code !== 0) found.push(`The clean run ended with ${code}: ${stderr}`);
  found.push(...(await problemsOf(library, { photos: PHOTOS, output })));
  process.stdout.write(`${done + KILLS_PER_LIBRARY} kills, ${found.length} problems\n`);
}
for (const problem of found) process.stdout.write(`${problem}\n`);
process.exitCode = found.length === 0 ? 0 : 1;
