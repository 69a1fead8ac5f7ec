/** `kill -9` in the middle of everything: the library opens again, nothing is lost, nothing is doubled. */
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { checkCatalogueFile } from "../../src/catalogue/check.ts";
import {
  hostsOf,
  linesOf,
  outputPath,
  parseRecords,
  processesOf,
  processWords,
  reportedIn,
  runPhotonIn,
  startPhoton,
  until,
} from "../support/cli.ts";
import { problemsOf } from "../support/whole-library.ts";
import type { TestLibrary } from "../support/library.ts";
import { createTestLibrary } from "../support/library.ts";
import { photoName, randomFrom, writePhotos } from "../support/photos.ts";
import { REPOSITORY } from "../support/run-program.ts";

const PHOTOS = 60;
const SEED = 20_240_601;
const LIBRARIES = 3;
const KILLS_PER_LIBRARY = 10;
const COMMIT_KILLS = 6;

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
};

const healthy = async ({ cataloguePath }: TestLibrary): Promise<void> =>
  expect((await checkCatalogueFile(cataloguePath)).problems).toEqual([]);

/** Starts a run, kills it after a while, and looks whether the catalogue opens. */
const killedAfter = async (library: TestLibrary, words: readonly string[], delayMs: number): Promise<void> => {
  const run = startPhoton(library, words);
  await Promise.race([sleep(delayMs), run.ended]);
  run.child.kill("SIGKILL");
  await run.ended;
  await healthy(library);
};

test("30 kills at random points lose and double nothing", async () => {
  const random = randomFrom(SEED);
  for (let round = 0; round < LIBRARIES; round += 1) {
    await using library = await createTestLibrary();
    await writePhotos(library.photos, { count: PHOTOS });
    const wholeRunMs = await timed(() => runPhotonIn(library, processWords(library, "--no-store")));
    const output = outputPath(library, "records.jsonl");
    const resumed = processWords(library, "--output", output, "--skip-existing");
    for (let kill = 0; kill < KILLS_PER_LIBRARY; kill += 1) {
      // Every other run works on what is stored already, so that there is always something to interrupt.
      const forced = processWords(library, "--output", outputPath(library, `forced-${kill}.jsonl`), "--force");
      await killedAfter(library, kill % 2 === 0 ? resumed : forced, (0.15 + random()) * wholeRunMs);
      await reportedIn(output); // every reported line is a whole record
    }
    expect(await runPhotonIn(library, resumed)).toMatchObject({ code: 0 });
    expect(await problemsOf(library, { photos: PHOTOS, output })).toEqual([]);
  }
});

test("kills while the index is written leave it equal to the catalogue after the next run", async () => {
  const random = randomFrom(SEED);
  await using library = await createTestLibrary();
  await writePhotos(library.photos, { count: PHOTOS });
  const output = outputPath(library, "records.jsonl");
  const forced = processWords(library, "--output", output, "--force");
  let commitMs = 0;
  for (let kill = 0; kill <= COMMIT_KILLS; kill += 1) {
    const run = startPhoton(library, forced);
    await until("all records", async () => ((await linesOf(output)) === PHOTOS ? true : undefined));
    if (kill === 0) commitMs = await timed(() => run.ended);
    else await Promise.race([sleep(random() * commitMs), run.ended]);
    run.child.kill("SIGKILL");
    await run.ended;
    await healthy(library);
  }
  expect(await runPhotonIn(library, forced)).toMatchObject({ code: 0 });
  expect(await problemsOf(library, { photos: PHOTOS, output })).toEqual([]);
});

test.skipIf(process.platform !== "linux")(
  "encoder hosts that are killed are replaced and no photo loses its vector (finds them through /proc: Linux)",
  async () => {
    const count = 500;
    await using library = await createTestLibrary();
    await writePhotos(library.photos, { count });
    const output = outputPath(library, "records.jsonl");
    const run = startPhoton(library, processWords(library, "--output", output));
    // So far apart that what was on its way at the first kill has arrived before the second; one host at a time,
    // because a picture that two hosts died with is given up in this run.
    for (const reached of [1, 350]) {
      await until(`${reached} records`, async () => ((await linesOf(output)) >= reached ? true : undefined));
      const [host] = await hostsOf(library);
      if (host === undefined) throw new Error("no host is at work");
      process.kill(host, "SIGKILL");
    }
    const { code, stderr } = await run.ended;
    expect(code, stderr).toBe(0);
    expect(await problemsOf(library, { photos: count, output })).toEqual([]);
  },
);

test.skipIf(process.platform !== "linux")(
  "encoder hosts end when their photon is killed (finds them through /proc: Linux)",
  async () => {
    await using library = await createTestLibrary();
    await writePhotos(library.photos, { count: PHOTOS });
    const run = startPhoton(library, processWords(library));
    await run.untilStdout("\n");
    expect(await hostsOf(library)).not.toEqual([]);
    run.child.kill("SIGKILL");
    await run.ended;
    await until("the hosts to end", async () => ((await processesOf(library)).length === 0 ? true : undefined));
  },
);

test("a file that ends the process each time is set aside, and all others are done", async () => {
  await using library = await createTestLibrary({
    environment: {
      NODE_OPTIONS: `--import=${pathToFileURL(join(REPOSITORY, "test/fixtures/die-on-poison.mjs")).href}`,
    },
  });
  await writePhotos(library.photos, { count: 20 });
  await copyFile(join(library.photos, photoName(5)), join(library.photos, "poison.jpg"));
  let deaths = 0;
  let last = await runPhotonIn(library, processWords(library));
  while (last.code === "SIGKILL" && deaths < 10) {
    deaths += 1;
    last = await runPhotonIn(library, processWords(library));
  }
  expect({ deaths, code: last.code }).toEqual({ deaths: 5, code: 3 });
  expect(parseRecords(last.stdout)).toHaveLength(20);
  expect(last.stderr).toContain("poison.jpg: photon ended unexpectedly");
  await using photon = await library.open();
  expect(await photon.quarantined()).toMatchObject([
    { path: join(library.photos, "poison.jpg"), code: "decode_failed" },
  ]);
  // Without what made it crash here the same file is fine.
  expect(await photon.retryQuarantined([], { signal: new AbortController().signal })).toMatchObject({ recovered: 1 });
});
