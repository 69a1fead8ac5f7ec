import { stat } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import type { Catalogue } from "../../../src/catalogue/catalogue.ts";
import { openCatalogue } from "../../../src/catalogue/catalogue.ts";
import { temporaryFolder } from "../../support/photos.ts";

const MAX_ROUNDS = 20_000;
const PLACES_PER_ROUND = 16;
const LOG_LIMIT_BYTES = 4 * 1024 * 1024;
const LOG_BOUND_BYTES = 32 * 1024 * 1024;

const writeRound = async (catalogue: Catalogue, rootId: number, round: number): Promise<void> => {
  const places = Array.from({ length: PLACES_PER_ROUND }, (_, number) => ({
    rootId,
    path: Buffer.from(`${round}/${"x".repeat(200)}${number}.jpg`),
    stat: { size: 1, mtimeNs: 1n, ctimeNs: 1n, inode: 1n },
  }));
  await catalogue.files.claim(places);
  await setImmediate(); // as between the photos of a run
};

test("the log of many commits is moved into the catalogue file and starts over", { timeout: 120_000 }, async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "catalogue.db");
  let rounds = 0;
  {
    await using catalogue = await openCatalogue({ path });
    const { id } = await catalogue.roots.visit(Buffer.from("/photos"));
    const empty = (await stat(path)).size;
    let longest = 0;
    let length = 0;
    while (!(longest > LOG_LIMIT_BYTES && length <= LOG_LIMIT_BYTES) && rounds < MAX_ROUNDS) {
      await writeRound(catalogue, id, rounds);
      rounds += 1;
      length = (await stat(`${path}-wal`)).size;
      longest = Math.max(longest, length);
    }
    expect(length).toBeLessThanOrEqual(LOG_LIMIT_BYTES);
    expect((await stat(path)).size).toBeGreaterThan(empty); // the log holds many versions of each page
  }
  await using again = await openCatalogue({ path });
  expect((await again.administration.count()).filesByState.pending).toBe(rounds * PLACES_PER_ROUND);
});

test("commits that leave the thread no pause do not let the log grow on and on", { timeout: 120_000 }, async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "catalogue.db");
  await using catalogue = await openCatalogue({ path });
  const { id } = await catalogue.roots.visit(Buffer.from("/photos"));
  for (let round = 0; round < 4000; round += 1) await writeRound(catalogue, id, round);
  expect((await stat(`${path}-wal`)).size).toBeLessThanOrEqual(2 * LOG_BOUND_BYTES);
});
