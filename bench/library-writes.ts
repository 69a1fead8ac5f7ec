/** Photos per second into catalogue and index: batches against one durable commit per photo, on the same code. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Catalogue } from "../src/catalogue/catalogue.ts";
import { openCatalogue } from "../src/catalogue/catalogue.ts";
import type { PhotoUpdate } from "../src/catalogue/photo-row.ts";
import { systemClock } from "../src/clock.ts";
import type { Committer } from "../src/vectors/committer.ts";
import { createCommitter } from "../src/vectors/committer.ts";
import type { Bench, BenchResult } from "./support/bench.ts";
import { atLeast, secondsOf } from "./support/bench.ts";

const VECTOR_KEY = "bench@00000000/fp32/p1";
const DIMENSION = 768;
const TAGS_PER_PHOTO = 5;
/** Factor over one commit per photo that each batch size must reach. */
const CASES = [
  { batch: 1, photos: 300, factor: undefined },
  { batch: 256, photos: 12_800, factor: 60 },
  { batch: 1000, photos: 20_000, factor: 80 },
] as const;
const QUICK_SHARE = 5;

const makeUpdate = (index: number): PhotoUpdate => {
  const vector = Float32Array.from({ length: DIMENSION }, (_, place) => Math.sin(index * 31 + place));
  const norm = Math.hypot(...vector);
  return {
    contentHash: randomBytes(32).toString("hex"),
    format: "jpeg",
    fileSize: 3_000_000,
    size: { width: 4032, height: 3024, orientation: 1 },
    metadata: {
      merged: {
        capturedAt: { local: `2024-0${1 + (index % 9)}-15T12:00:00` },
        cameraMake: "Fujifilm",
        cameraModel: "X-T5",
        gps: { latitude: 38.7 + index / 1e5, longitude: -9.1 },
      },
      exif: { captured_at: "2024-01-15 12:00:00", camera_make: "Fujifilm", camera_model: "X-T5" },
    },
    perceptualHash: randomBytes(18),
    embedding: { vectorKey: VECTOR_KEY, vector: vector.map((value) => value / norm) },
    tags: {
      run: { token: "bench", vectorKey: VECTOR_KEY, bankKey: "bench", calibrationId: "bench" },
      tags: Array.from({ length: TAGS_PER_PHOTO }, (_, tag) => ({
        name: `tag ${(index + tag) % 500}`,
        confidence: 0.8,
      })),
    },
    stageKeys: new Map([["embed", VECTOR_KEY]]),
  };
};

/** Claims the files of the photos, as the intake does. */
const claimFiles = async ({ files, roots }: Catalogue, updates: readonly PhotoUpdate[]) => {
  const root = await roots.visit(Buffer.from("/photos"));
  const stat = { size: 3_000_000, mtimeNs: 1n, ctimeNs: 1n, inode: 1n };
  const claims = await files.claim(
    updates.map(({ contentHash }) => ({
      rootId: root.id,
      path: Buffer.from(`${contentHash.slice(0, 2)}/${contentHash}.jpg`),
      stat,
    })),
  );
  return updates.flatMap(({ contentHash }, position) => {
    const claim = claims[position];
    return claim === undefined ? [] : [{ claim, stat, contentHash, named: false }];
  });
};

const writeAll = async (
  catalogue: Catalogue,
  committer: Committer,
  updates: readonly PhotoUpdate[],
  batch: number,
): Promise<void> => {
  for (let start = 0; start < updates.length; start += batch) {
    const part = updates.slice(start, start + batch);
    await catalogue.photos.commit({ updates: part, files: await claimFiles(catalogue, part) });
    await committer.commitPending();
  }
};

const ratePerSecond = async (directory: string, batch: number, photos: number): Promise<number> => {
  await using catalogue = await openCatalogue({ path: join(directory, "catalogue.db") });
  await catalogue.library.activateFirst({ vectorKey: VECTOR_KEY, modelId: "bench", dimension: DIMENSION });
  await using committer = createCommitter({
    source: catalogue.index,
    directory: join(directory, "vectors"),
    vectorKey: VECTOR_KEY,
    dimension: DIMENSION,
    clock: systemClock,
    batchSize: batch,
  });
  await writeAll(catalogue, committer, [makeUpdate(0)], 1); // makes the table
  const updates = Array.from({ length: photos }, (_, index) => makeUpdate(index + 1));
  return photos / (await secondsOf(() => writeAll(catalogue, committer, updates, batch)));
};

export const libraryWritesBench: Bench = {
  name: "library-writes",
  about:
    "Photos with 768-d vector, metadata and five tags stored in catalogue and vector index, in batches, against one durable commit to both per photo by the same code.",
  async run({ quick, directory, log }) {
    const results: BenchResult[] = [];
    let single = Number.NaN;
    for (const { batch, photos, factor } of CASES) {
      const home = join(directory, `writes-${batch}`);
      const rate = await ratePerSecond(home, batch, quick ? Math.ceil(photos / QUICK_SHARE) : photos);
      log(`batches of ${batch}: ${rate.toFixed(0)} photos/s`);
      results.push({ metric: `batches of ${batch}`, value: rate, unit: "photos/s" });
      if (factor === undefined) single = rate;
      else results.push(atLeast(`batches of ${batch} over single commits`, rate / single, "x", factor));
    }
    return results;
  },
};
